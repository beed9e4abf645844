//! A bucket, an API and a run by hand, for the tests of the invariants.

use std::collections::BTreeMap;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use shakedown_reports::Check;
use shakedown_scenario::expect::Invariant;
use shakedown_wire::{BodyRecord, Exchange, Lane, RequestRecord, ResponseRecord, S3Note};

use super::Evidence;
use crate::outcome::ScenarioRun;
use crate::view::{ApiAnswer, ApiView, BucketView, Look, ObjectEntry, UploadEntry, ViewError};

const ROOT: &str = "docker/registry/v2";
const LAYER: &[u8] = b"a layer";
const CONFIG: &[u8] = b"{}";

/// Checks one invariant, written as in a file.
pub(super) async fn run(yaml: &str, world: &World) -> Vec<Check> {
    let invariant: Invariant = serde_saphyr::from_str(yaml).expect("an invariant");
    super::check(&[invariant], world.evidence()).await.into_iter().map(|(check, _)| check).collect()
}

pub(super) fn digest_of(content: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(content)))
}

/// What invariants look at.
pub(super) struct World {
    pub(super) run: ScenarioRun,
    pub(super) bucket: Option<Bucket>,
    pub(super) api: Option<Api>,
}

impl Default for World {
    fn default() -> Self {
        let run = ScenarioRun {
            steps: vec![],
            front: vec![],
            back: vec![],
            sees_storage: true,
            log: vec![],
            log_format: shakedown_reports::LogFormat::Plain,
            early: None,
            duration_us: 0,
            wall_us: 0,
        };
        Self { run, bucket: None, api: None }
    }
}

impl World {
    pub(super) fn evidence(&self) -> Evidence<'_> {
        Evidence {
            run: &self.run,
            bucket: self.bucket.as_ref().map(|bucket| bucket as &dyn BucketView),
            api: self.api.as_ref().map(|api| api as &dyn ApiView),
            repository: "lab/app",
        }
    }
}

/// Objects by key.
#[derive(Debug, Clone, Default)]
pub(super) struct Bucket {
    pub(super) objects: BTreeMap<String, Vec<u8>>,
    pub(super) uploads: Vec<String>,
    pub(super) broken: bool,
}

impl Bucket {
    pub(super) fn with_image(repository: &str, tag: &str) -> Self {
        let mut bucket = Self::default();
        for blob in [LAYER, CONFIG] {
            bucket.put_blob(blob);
            bucket.link_layer(repository, blob);
        }
        let manifest = bucket.manifest();
        bucket.put_blob(&manifest);
        bucket.link_revision(repository, &manifest);
        bucket.tag(repository, tag, &manifest);
        bucket
    }

    /// The manifest of [`Bucket::with_image`].
    pub(super) fn manifest(&self) -> Vec<u8> {
        let blob = |content: &[u8], kind: &str| {
            let media_type = format!("application/vnd.oci.image.{kind}");
            serde_json::json!({ "mediaType": media_type, "digest": digest_of(content), "size": content.len() })
        };
        let (config, layer) = (blob(CONFIG, "config.v1+json"), blob(LAYER, "layer.v1.tar"));
        serde_json::json!({ "schemaVersion": 2, "config": config, "layers": [layer] }).to_string().into_bytes()
    }

    pub(super) fn put(&mut self, key: &str, content: &[u8]) {
        self.objects.insert(key.to_owned(), content.to_vec());
    }

    pub(super) fn put_blob(&mut self, content: &[u8]) {
        let key = blob_key(content);
        self.put(&key, content);
    }

    pub(super) fn corrupt_blob(&mut self, content: &[u8]) {
        self.objects.get_mut(&blob_key(content)).expect("there")[0] ^= 1;
    }

    pub(super) fn link_layer(&mut self, repository: &str, content: &[u8]) {
        let path = digest_of(content).replace(':', "/");
        self.put(&format!("{ROOT}/repositories/{repository}/_layers/{path}/link"), digest_of(content).as_bytes());
    }

    pub(super) fn link_revision(&mut self, repository: &str, content: &[u8]) {
        let path = digest_of(content).replace(':', "/");
        self.put(
            &format!("{ROOT}/repositories/{repository}/_manifests/revisions/{path}/link"),
            digest_of(content).as_bytes(),
        );
    }

    pub(super) fn tag(&mut self, repository: &str, tag: &str, content: &[u8]) {
        self.put(
            &format!("{ROOT}/repositories/{repository}/_manifests/tags/{tag}/current/link"),
            digest_of(content).as_bytes(),
        );
    }

    fn look<T>(&self, value: T) -> Result<T, ViewError> {
        if self.broken {
            Err(ViewError { what: "the bucket".into(), reason: "out of reach".into() })
        } else {
            Ok(value)
        }
    }
}

fn blob_key(content: &[u8]) -> String {
    let digest = digest_of(content);
    let hex = digest.trim_start_matches("sha256:");
    format!("{ROOT}/blobs/sha256/{}/{hex}/data", &hex[..2])
}

impl BucketView for Bucket {
    fn objects(&self) -> Look<'_, Vec<ObjectEntry>> {
        let entry = |(key, content): (&String, &Vec<u8>)| ObjectEntry { key: key.clone(), size: content.len() as u64 };
        let objects = self.look(self.objects.iter().map(entry).collect());
        Box::pin(async move { objects })
    }

    fn read<'a>(&'a self, key: &'a str, _limit: usize) -> Look<'a, Option<Bytes>> {
        let content = self.look(self.objects.get(key).cloned().map(Bytes::from));
        Box::pin(async move { content })
    }

    fn digest<'a>(&'a self, key: &'a str) -> Look<'a, Option<String>> {
        let digest = self.look(self.objects.get(key).map(|content| digest_of(content)));
        Box::pin(async move { digest })
    }

    fn uploads(&self) -> Look<'_, Vec<UploadEntry>> {
        let entry = |key: &String| UploadEntry { key: key.clone(), upload_id: "1".into() };
        let uploads = self.look(self.uploads.iter().map(entry).collect());
        Box::pin(async move { uploads })
    }
}

/// Answers of 200 by path; all other paths are 404.
#[derive(Debug, Clone, Default)]
pub(super) struct Api(pub(super) BTreeMap<String, Vec<u8>>);

impl Api {
    /// What a registry over this bucket answers.
    pub(super) fn over(bucket: &Bucket, repository: &str) -> Self {
        let manifest = bucket.manifest();
        let mut paths = BTreeMap::new();
        paths.insert(format!("/v2/{repository}/tags/list"), b"{\"name\":\"x\",\"tags\":[\"1\"]}".to_vec());
        paths.insert(format!("/v2/{repository}/manifests/1"), manifest.clone());
        paths.insert(format!("/v2/{repository}/manifests/{}", digest_of(&manifest)), manifest);
        for blob in [LAYER, CONFIG] {
            paths.insert(format!("/v2/{repository}/blobs/{}", digest_of(blob)), blob.to_vec());
        }
        Self(paths)
    }
}

impl ApiView for Api {
    fn get<'a>(&'a self, path: &'a str) -> Look<'a, ApiAnswer> {
        let answer = match self.0.get(path) {
            None => ApiAnswer { status: 404, ..ApiAnswer::default() },
            Some(body) => ApiAnswer {
                status: 200,
                bytes: body.len() as u64,
                digest: digest_of(body),
                body: Some(Bytes::from(body.clone())),
                ..ApiAnswer::default()
            },
        };
        Box::pin(async move { Ok(answer) })
    }
}

/// A call of the client.
pub(super) fn front(method: &str, path: &str, status: u16) -> Exchange {
    exchange(Lane::new("client", "registry"), method, &format!("http://registry.test{path}"), status)
}

/// A call of the registry to storage.
pub(super) fn back(operation: &str, key: &str, status: u16) -> Exchange {
    let mut call = exchange(Lane::new("registry", "s3"), "GET", &format!("http://s3.test/lab/{key}"), status);
    let (key_class, result) = (None, None);
    call.s3 = Some(S3Note { operation: operation.into(), bucket: "lab".into(), key: key.into(), key_class, result });
    call
}

fn exchange(lane: Lane, method: &str, uri: &str, status: u16) -> Exchange {
    let body = BodyRecord::default();
    Exchange {
        seq: 0,
        lane,
        trace: None,
        start_us: 0,
        end_us: Some(0),
        request: RequestRecord { method: method.into(), uri: uri.into(), headers: vec![], body: body.clone() },
        response: Some(ResponseRecord { status, headers: vec![], body }),
        error: None,
        s3: None,
        faults: vec![],
        notes: vec![],
    }
}
