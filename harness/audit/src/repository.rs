//! One repository: its links, its manifests and what they need.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::try_join_all;
use shakedown_oci::{Descriptor, Digest, Manifest, RepositoryName};

use crate::bucket::Walk;
use crate::kinds;
use crate::path::{self, Entry};
use crate::view::{AuditError, Bucket, Object};

/// More than any link holds.
const LINK: usize = 4096;
/// Links and manifests that are read at one time.
const LOOK_UPS: usize = 16;

/// What the listing shows of a repository.
pub(crate) struct Repository {
    name: RepositoryName,
    layers: BTreeMap<Digest, Object>,
    revisions: BTreeMap<Digest, Object>,
    tags: BTreeMap<String, Object>,
    histories: BTreeSet<String>,
    referrers: Vec<(Digest, Digest)>,
    uploads: BTreeMap<String, Upload>,
}

#[derive(Default)]
struct Upload {
    bytes: u64,
    age: Option<Duration>,
    young: bool,
}

/// What is known of a manifest.
enum Read {
    Manifest(Box<Manifest>),
    Missing,
    /// Its bytes have another digest.
    Corrupt(Digest, u64),
    Unknown(String),
}

impl Repository {
    pub(crate) fn new(name: RepositoryName) -> Self {
        Self {
            name,
            layers: BTreeMap::new(),
            revisions: BTreeMap::new(),
            tags: BTreeMap::new(),
            histories: BTreeSet::new(),
            referrers: Vec::new(),
            uploads: BTreeMap::new(),
        }
    }

    pub(crate) fn name(&self) -> &RepositoryName {
        &self.name
    }

    pub(crate) fn add(&mut self, entry: Entry<'_>, object: Object, young: bool) {
        match entry {
            Entry::Layer(digest) => drop(self.layers.insert(digest, object)),
            Entry::Revision(digest) => drop(self.revisions.insert(digest, object)),
            Entry::TagCurrent(tag) => drop(self.tags.insert(tag.to_owned(), object)),
            Entry::TagHistory(tag) => drop(self.histories.insert(tag.to_owned())),
            Entry::Referrer { subject, referrer } => self.referrers.push((subject, referrer)),
            Entry::Upload(id) => {
                let upload = self.uploads.entry(id.to_owned()).or_default();
                upload.bytes += object.size;
                upload.young |= young;
                upload.age = upload.age.into_iter().chain(object.age).min();
            }
            Entry::Blob(_) | Entry::Bookkeeping | Entry::Foreign => {}
        }
    }

    /// Looks at everything once the listing has passed the repository.
    pub(crate) async fn finish(self, walk: &mut Walk<'_>) -> Result<(), AuditError> {
        walk.findings.seen.repositories += 1;
        self.links(walk).await?;
        let targets = self.tags(walk).await?;
        self.manifests(walk, &targets).await?;
        for (subject, referrer) in self.referrers.iter().filter(|(_, referrer)| !self.revisions.contains_key(referrer))
        {
            let detail = format!("the list of its referrers names {referrer}, which is not there");
            walk.findings.add(&kinds::DANGLING_REFERRER, format!("{}@{subject}", self.name), detail, 0);
        }
        for (id, upload) in &self.uploads {
            walk.session(&self.name, id, upload.bytes, upload.age, upload.young);
        }
        Ok(())
    }

    /// Links say in their keys what they must hold, so a wrong size is seen without reading.
    async fn links(&self, walk: &mut Walk<'_>) -> Result<(), AuditError> {
        for (digest, object) in self.layers.iter().chain(&self.revisions) {
            let expected = digest.to_string();
            if walk.options.deep || object.size != expected.len() as u64 {
                let holds = read_link(walk.bucket, &object.key).await?;
                if holds.as_ref() != Some(digest) {
                    let detail = holds.map_or_else(
                        || format!("{} bytes that are no digest", object.size),
                        |other| format!("it points to {other}"),
                    );
                    walk.findings.add(&kinds::BROKEN_LINK, object.key.clone(), detail, object.size);
                }
            }
        }
        for (digest, _) in self.layers.iter().filter(|(digest, _)| !walk.blobs.contains_key(*digest)) {
            let detail = "the link is there, the bytes are not".to_owned();
            walk.findings.add(&kinds::DANGLING_LAYER, format!("{}@{digest}", self.name), detail, 0);
        }
        Ok(())
    }

    /// Reads what tags point to; gives the tags of each manifest.
    async fn tags(&self, walk: &mut Walk<'_>) -> Result<BTreeMap<Digest, Vec<String>>, AuditError> {
        let mut targets: BTreeMap<Digest, Vec<String>> = BTreeMap::new();
        walk.findings.seen.tags += self.tags.len() as u64;
        let all: Vec<_> = self.tags.iter().collect();
        for batch in all.chunks(LOOK_UPS) {
            let read = try_join_all(batch.iter().map(|(_, object)| read_link(walk.bucket, &object.key))).await?;
            for ((tag, object), target) in batch.iter().zip(read) {
                let at = format!("{}:{tag}", self.name);
                let Some(digest) = target else {
                    let detail = format!("its link holds {} bytes that are no digest", object.size);
                    walk.findings.add(&kinds::BROKEN_LINK, at, detail, object.size);
                    continue;
                };
                if !self.revisions.contains_key(&digest) {
                    walk.findings.add(&kinds::DANGLING_TAG, at, format!("{digest} is not in the repository"), 0);
                } else if !walk.blobs.contains_key(&digest) {
                    walk.findings.add(&kinds::DANGLING_TAG, at, format!("the bytes of {digest} are missing"), 0);
                }
                walk.tags.insert((self.name.to_string(), (*tag).clone()), digest.clone());
                targets.entry(digest).or_default().push((*tag).clone());
            }
        }
        for tag in self.histories.iter().filter(|tag| !self.tags.contains_key(*tag)) {
            walk.findings.add(
                &kinds::TAG_WITHOUT_TARGET,
                format!("{}:{tag}", self.name),
                "only its history is left",
                0,
            );
        }
        Ok(targets)
    }

    async fn manifests(&self, walk: &mut Walk<'_>, targets: &BTreeMap<Digest, Vec<String>>) -> Result<(), AuditError> {
        walk.findings.seen.manifests += self.revisions.len() as u64;
        let all: Vec<_> = self.revisions.keys().collect();
        for batch in all.chunks(LOOK_UPS) {
            let read = try_join_all(batch.iter().map(|digest| read_manifest(walk, digest))).await?;
            for (digest, read) in batch.iter().zip(read) {
                walk.keep(digest);
                let at = match targets.get(*digest) {
                    Some(tags) => format!("{}@{digest} (tags {})", self.name, shown(tags)),
                    None => format!("{}@{digest}", self.name),
                };
                match read {
                    Read::Manifest(manifest) => self.needs(walk, &at, &manifest),
                    Read::Missing => {
                        walk.findings.add(&kinds::DANGLING_REVISION, at, "linked, but its bytes are missing", 0);
                    }
                    Read::Corrupt(actual, size) => {
                        self.keep_all(walk);
                        if !walk.options.deep {
                            walk.findings.add(&kinds::CORRUPT_BLOB, at, format!("its bytes are {actual}"), size);
                        }
                    }
                    Read::Unknown(reason) => {
                        self.keep_all(walk);
                        walk.findings.add(&kinds::UNKNOWN_MANIFEST, at, reason, 0);
                    }
                }
            }
        }
        Ok(())
    }

    fn needs(&self, walk: &mut Walk<'_>, at: &str, manifest: &Manifest) {
        for blob in manifest.blobs().filter(|blob| is_ours(blob)) {
            if let Some((kind, detail)) = walk.need(&blob.digest, blob.size) {
                walk.findings.add(kind, at, detail, blob.size);
            } else if !self.layers.contains_key(&blob.digest) {
                let detail = format!("{} is not linked into the repository", blob.digest);
                walk.findings.add(&kinds::UNLINKED_BLOB, at, detail, blob.size);
            }
        }
        for child in manifest.manifests.iter().filter(|child| !self.revisions.contains_key(&child.digest)) {
            let platform = child.platform.as_ref().map_or(String::new(), |platform| format!(" ({platform})"));
            let detail = format!("{}{platform} is not in the repository", child.digest);
            walk.findings.add(&kinds::MISSING_CHILD, at, detail, child.size);
        }
    }

    fn keep_all(&self, walk: &mut Walk<'_>) {
        self.layers.keys().for_each(|digest| walk.keep(digest));
    }
}

/// Layers that live elsewhere need not be here (image-spec, "Non-distributable layers").
fn is_ours(blob: &Descriptor) -> bool {
    blob.urls.is_empty() && !blob.media_type.contains("nondistributable") && !blob.media_type.contains("foreign")
}

fn shown(tags: &[String]) -> String {
    match tags.len() {
        0..=3 => tags.join(", "),
        more => format!("{}, and {} more", tags[..3].join(", "), more - 3),
    }
}

async fn read_link(bucket: &dyn Bucket, key: &str) -> Result<Option<Digest>, AuditError> {
    let bytes = bucket.read(key, LINK).await?;
    Ok(bytes.and_then(|bytes: Bytes| std::str::from_utf8(&bytes).ok()?.trim().parse().ok()))
}

async fn read_manifest(walk: &Walk<'_>, digest: &Digest) -> Result<Read, AuditError> {
    let Some(blob) = walk.blobs.get(digest) else { return Ok(Read::Missing) };
    if blob.size > Manifest::MAX_BYTES as u64 {
        return Ok(Read::Unknown(format!("{} bytes are no manifest", blob.size)));
    }
    let key = path::blob(&walk.options.root, digest);
    let Some(bytes) = walk.bucket.read(&key, Manifest::MAX_BYTES).await? else { return Ok(Read::Missing) };
    let actual = Digest::with(digest.algorithm(), &bytes);
    if actual != *digest {
        return Ok(Read::Corrupt(actual, blob.size));
    }
    Ok(match Manifest::parse(&bytes, None) {
        Ok(manifest) => Read::Manifest(Box::new(manifest)),
        Err(error) => Read::Unknown(error.to_string()),
    })
}
