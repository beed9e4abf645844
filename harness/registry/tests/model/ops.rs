//! Random operations, and what a client makes of the answers. Not here: what the answers should have been.

use http::{Method, StatusCode};
use proptest::prelude::*;
use shakedown_wire::{Body, Party, WireError};

use crate::content::{BLOBS, MANIFESTS, REPOSITORIES, TAGS, blob, blob_digest, image, repository, tag};
use crate::support::{Reply, call};

/// How a blob is pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    SinglePost,
    PostPut,
    Stream,
    /// Two chunks with Content-Range and the rest with the PUT.
    Chunks,
}

/// One operation; all numbers are indices into the universe (`content`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    PushBlob {
        to: usize,
        blob: usize,
        way: Way,
    },
    Mount {
        from: usize,
        to: usize,
        blob: usize,
    },
    /// An upload that is begun, gets bytes, and is cancelled.
    Cancel {
        to: usize,
        blob: usize,
    },
    PutManifest {
        to: usize,
        image: usize,
        tag: Option<usize>,
    },
    DeleteBlob {
        of: usize,
        blob: usize,
    },
    DeleteManifest {
        of: usize,
        image: usize,
    },
    DeleteTag {
        of: usize,
        tag: usize,
    },
    GetBlob {
        of: usize,
        blob: usize,
    },
    GetManifest {
        of: usize,
        image: usize,
    },
    GetTag {
        of: usize,
        tag: usize,
    },
    ListTags {
        of: usize,
    },
    Catalog,
    Referrers {
        of: usize,
        image: usize,
    },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Done as asked (201, 202, 204).
    Done,
    /// It is not there (404).
    Absent,
    /// Something it needs is not there.
    Incomplete,
    /// The mount became an upload.
    UploadInstead,
    /// The manifest with this index.
    Manifest(usize),
    /// The blob, whole.
    Blob,
    /// Names, in the order they came.
    Names(Vec<String>),
    /// Nobody knows whether it was done: 5xx or a lost connection.
    Unknown,
    /// An answer that is never right.
    Wrong(String),
}

/// Operations in a mix that gets somewhere: what is put is often there, what is deleted sometimes.
pub fn op() -> impl Strategy<Value = Op> {
    let (repos, blobs, images, tags) = (0..REPOSITORIES, 0..BLOBS, 0..MANIFESTS, 0..TAGS);
    let way = prop_oneof![Just(Way::SinglePost), Just(Way::PostPut), Just(Way::Stream), Just(Way::Chunks)];
    prop_oneof![
        6 => (repos.clone(), blobs.clone(), way).prop_map(|(to, blob, way)| Op::PushBlob { to, blob, way }),
        2 => (repos.clone(), repos.clone(), blobs.clone()).prop_map(|(from, to, blob)| Op::Mount { from, to, blob }),
        1 => (repos.clone(), blobs.clone()).prop_map(|(to, blob)| Op::Cancel { to, blob }),
        8 => (repos.clone(), images.clone(), proptest::option::weighted(0.7, tags.clone()))
            .prop_map(|(to, image, tag)| Op::PutManifest { to, image, tag }),
        1 => (repos.clone(), blobs.clone()).prop_map(|(of, blob)| Op::DeleteBlob { of, blob }),
        2 => (repos.clone(), images.clone()).prop_map(|(of, image)| Op::DeleteManifest { of, image }),
        3 => (repos.clone(), tags.clone()).prop_map(|(of, tag)| Op::DeleteTag { of, tag }),
        2 => (repos.clone(), blobs).prop_map(|(of, blob)| Op::GetBlob { of, blob }),
        2 => (repos.clone(), images.clone()).prop_map(|(of, image)| Op::GetManifest { of, image }),
        4 => (repos.clone(), tags).prop_map(|(of, tag)| Op::GetTag { of, tag }),
        3 => repos.clone().prop_map(|of| Op::ListTags { of }),
        1 => Just(Op::Catalog),
        2 => (repos, images).prop_map(|(of, image)| Op::Referrers { of, image }),
    ]
}

/// Everything a manifest needs, pushed; a beginning in which operations meet something.
pub fn beginning() -> Vec<Op> {
    let blobs = (0..BLOBS).map(|blob| Op::PushBlob { to: 0, blob, way: Way::SinglePost });
    blobs
        .chain([Op::PutManifest { to: 0, image: 0, tag: Some(0) }, Op::PutManifest { to: 0, image: 1, tag: None }])
        .collect()
}

/// Does `op` at `party`.
pub async fn act(party: &Party, op: Op) -> Seen {
    match attempt(party, op).await {
        Ok(reply) if reply.status.is_server_error() => Seen::Unknown,
        Ok(reply) => judge(op, &reply),
        Err(Gone::Wire) => Seen::Unknown,
        Err(Gone::Refused(reply)) if reply.status.is_server_error() => Seen::Unknown,
        Err(Gone::Refused(reply)) => wrong(&reply),
    }
}

/// Why an operation of several requests ended early.
enum Gone {
    Wire,
    Refused(Box<Reply>),
}

impl From<WireError> for Gone {
    fn from(_: WireError) -> Self {
        Self::Wire
    }
}

async fn attempt(party: &Party, op: Op) -> Result<Reply, Gone> {
    let one = async |method: Method, path: String| Ok(call(party, method, &path, &[], Body::empty()).await?);
    let manifest = |of: usize, reference: &str| format!("/v2/{}/manifests/{reference}", repository(of));
    let blob_path = |of: usize, index: usize| format!("/v2/{}/blobs/{}", repository(of), blob_digest(index));
    match op {
        Op::PushBlob { to, blob, way } => push(party, to, blob, way).await,
        Op::Mount { from, to, blob } => {
            let (digest, from) = (blob_digest(blob), repository(from));
            one(Method::POST, format!("/v2/{}/blobs/uploads/?mount={digest}&from={from}", repository(to))).await
        }
        Op::Cancel { to, blob: index } => {
            let location = start(party, to).await?;
            let location = accepted(call(party, Method::PATCH, &location, &[], blob(index)).await?)?;
            one(Method::DELETE, location).await
        }
        Op::PutManifest { to, image: index, tag: name } => {
            let image = image(index);
            let reference = name.map_or_else(|| image.digest.to_string(), |name| tag(name).to_owned());
            let headers = [("content-type", image.media_type)];
            Ok(call(party, Method::PUT, &manifest(to, &reference), &headers, image.bytes).await?)
        }
        Op::DeleteBlob { of, blob } => one(Method::DELETE, blob_path(of, blob)).await,
        Op::DeleteManifest { of, image: index } => {
            one(Method::DELETE, manifest(of, &image(index).digest.to_string())).await
        }
        Op::DeleteTag { of, tag: index } => one(Method::DELETE, manifest(of, tag(index))).await,
        Op::GetBlob { of, blob } => one(Method::GET, blob_path(of, blob)).await,
        Op::GetManifest { of, image: index } => one(Method::GET, manifest(of, &image(index).digest.to_string())).await,
        Op::GetTag { of, tag: index } => one(Method::GET, manifest(of, tag(index))).await,
        Op::ListTags { of } => one(Method::GET, format!("/v2/{}/tags/list", repository(of))).await,
        Op::Catalog => one(Method::GET, "/v2/_catalog".to_owned()).await,
        Op::Referrers { of, image: index } => {
            one(Method::GET, format!("/v2/{}/referrers/{}", repository(of), image(index).digest)).await
        }
    }
}

async fn start(party: &Party, to: usize) -> Result<String, Gone> {
    let path = format!("/v2/{}/blobs/uploads/", repository(to));
    accepted(call(party, Method::POST, &path, &[], Body::empty()).await?)
}

/// The Location of a 202.
fn accepted(reply: Reply) -> Result<String, Gone> {
    if reply.status == StatusCode::ACCEPTED {
        Ok(reply.header("location").to_owned())
    } else {
        Err(Gone::Refused(Box::new(reply)))
    }
}

async fn push(party: &Party, to: usize, index: usize, way: Way) -> Result<Reply, Gone> {
    let (bytes, digest) = (blob(index), blob_digest(index));
    if way == Way::SinglePost {
        let path = format!("/v2/{}/blobs/uploads/?digest={digest}", repository(to));
        let reply = call(party, Method::POST, &path, &[], bytes.clone()).await?;
        if reply.status != StatusCode::ACCEPTED {
            return Ok(reply);
        }
        // Not taken at once, which is allowed (SP3): the client goes on as after any POST.
        let path = format!("{}&digest={digest}", reply.header("location"));
        return Ok(call(party, Method::PUT, &path, &[], bytes).await?);
    }
    let mut location = start(party, to).await?;
    let mut rest = &bytes[..];
    match way {
        Way::Stream => {
            let frames: Vec<_> = bytes.chunks(700).map(|frame| Ok(frame.to_vec().into())).collect();
            let body = Body::stream(futures_util::stream::iter(frames));
            location = accepted(call(party, Method::PATCH, &location, &[], body).await?)?;
            rest = &[];
        }
        Way::Chunks => {
            for size in [bytes.len() / 2, bytes.len() / 3] {
                let from = bytes.len() - rest.len();
                let (chunk, after) = rest.split_at(size);
                if !chunk.is_empty() {
                    let range = format!("{from}-{}", from + size - 1);
                    let headers = [("content-range", range.as_str())];
                    location = accepted(call(party, Method::PATCH, &location, &headers, chunk.to_vec()).await?)?;
                }
                rest = after;
            }
        }
        Way::SinglePost | Way::PostPut => {}
    }
    let path = format!("{location}&digest={digest}");
    Ok(call(party, Method::PUT, &path, &[], rest.to_vec()).await?)
}

fn wrong(reply: &Reply) -> Seen {
    Seen::Wrong(format!("{} {}", reply.status, String::from_utf8_lossy(&reply.body)))
}

fn judge(op: Op, reply: &Reply) -> Seen {
    let body = || serde_json::from_slice::<serde_json::Value>(&reply.body).unwrap_or_default();
    let texts = |list: &serde_json::Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
    };
    match (op, reply.status.as_u16()) {
        (Op::PushBlob { .. } | Op::Mount { .. } | Op::PutManifest { .. }, 201) => Seen::Done,
        (Op::Mount { .. }, 202) => Seen::UploadInstead,
        (Op::DeleteBlob { .. } | Op::DeleteManifest { .. } | Op::DeleteTag { .. }, 202) | (Op::Cancel { .. }, 204) => {
            Seen::Done
        }
        (Op::PutManifest { .. }, 404 | 400) if reply.code() == "MANIFEST_BLOB_UNKNOWN" => Seen::Incomplete,
        (Op::PushBlob { .. } | Op::Cancel { .. } | Op::PutManifest { .. } | Op::Mount { .. }, _) => wrong(reply),
        (_, 404) => Seen::Absent,
        (Op::GetBlob { blob: index, .. }, 200) if reply.body == blob(index) => Seen::Blob,
        (Op::GetManifest { image: index, .. }, 200) if reply.body == image(index).bytes => Seen::Manifest(index),
        (Op::GetTag { .. }, 200) => {
            (0..MANIFESTS).find(|index| image(*index).bytes == reply.body).map_or_else(|| wrong(reply), Seen::Manifest)
        }
        (Op::ListTags { .. }, 200) => Seen::Names(texts(&body()["tags"])),
        (Op::Catalog, 200) => Seen::Names(texts(&body()["repositories"])),
        (Op::Referrers { .. }, 200) => {
            let body = body();
            let entries = body["manifests"].as_array().into_iter().flatten();
            let mut names: Vec<String> =
                entries.map(|entry| entry["digest"].as_str().unwrap_or_default().to_owned()).collect();
            names.sort();
            Seen::Names(names)
        }
        _ => wrong(reply),
    }
}
