//! The walk over a bucket: one listing in byte order, so blobs come before the repositories that need them.
//!
//! Memory: about 200 bytes for each blob, and what one repository holds at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use shakedown_oci::{Digest, RepositoryName};

use crate::path::{self, Entry, Key};
use crate::report::Findings;
use crate::repository::Repository;
use crate::view::{AuditError, Bucket, Object};
use crate::{Audit, Progress, kinds};

/// What is audited, and how thoroughly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The registry's `rootdirectory`.
    pub root: String,
    /// Also read every link and hash every blob.
    pub deep: bool,
    /// What is younger may belong to a push in flight: it is no garbage yet.
    pub in_flight: Duration,
    /// Most blobs of a bucket; more do not fit into the agreed memory.
    pub most_blobs: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { root: String::new(), deep: false, in_flight: Duration::from_secs(24 * 3600), most_blobs: 50_000_000 }
    }
}

/// Tags by repository and name, with the manifest each points to.
pub(crate) type Tags = BTreeMap<(String, String), Digest>;

/// A blob that is stored.
#[derive(Debug, Clone)]
pub(crate) struct Blob {
    pub(crate) size: u64,
    young: bool,
    /// Some manifest needs it, or some repository holds it as a manifest.
    pub(crate) needed: bool,
}

/// An audit in progress.
pub(crate) struct Walk<'a> {
    pub(crate) bucket: &'a dyn Bucket,
    pub(crate) options: &'a Options,
    pub(crate) findings: Findings,
    pub(crate) blobs: BTreeMap<Digest, Blob>,
    pub(crate) tags: Tags,
    /// Upload sessions that may still live, by directory.
    pub(crate) sessions: BTreeSet<String>,
}

/// Audits a bucket.
///
/// # Errors
/// If something of it cannot be read, or it is larger than the agreed memory.
pub async fn audit(bucket: &dyn Bucket, options: &Options, progress: Progress<'_>) -> Result<Audit, AuditError> {
    Ok(walk(bucket, options, progress).await?.0)
}

/// As [`audit`], with the tags of the bucket.
pub(crate) async fn walk(
    bucket: &dyn Bucket,
    options: &Options,
    progress: Progress<'_>,
) -> Result<(Audit, Tags), AuditError> {
    let mut walk = Walk {
        bucket,
        options,
        findings: Findings::default(),
        blobs: BTreeMap::new(),
        tags: Tags::new(),
        sessions: BTreeSet::new(),
    };
    walk.listing(progress).await?;
    walk.uploads().await?;
    if options.deep {
        walk.hash(progress).await?;
    }
    walk.leaks();
    Ok((walk.findings.into_audit("the bucket"), walk.tags))
}

impl Walk<'_> {
    async fn listing(&mut self, progress: Progress<'_>) -> Result<(), AuditError> {
        let prefix = path::prefix(&self.options.root);
        let (mut token, mut last, mut open) = (None, String::new(), None::<Repository>);
        loop {
            let page = self.bucket.page(&prefix, token).await?;
            for object in page.objects {
                if object.key <= last {
                    let reason =
                        format!("`{}` is listed after `{last}`: not in byte order, as S3 promises", object.key);
                    return Err(AuditError { what: "the listing".to_owned(), reason });
                }
                last.clone_from(&object.key);
                self.object(object, &mut open).await?;
            }
            let seen = &self.findings.seen;
            progress(&format!("{} objects, {} repositories", seen.objects, seen.repositories));
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        if let Some(done) = open {
            done.finish(self).await?;
        }
        Ok(())
    }

    async fn object(&mut self, object: Object, open: &mut Option<Repository>) -> Result<(), AuditError> {
        self.findings.seen.objects += 1;
        self.findings.seen.bytes += object.size;
        let young = object.age.is_none_or(|age| age < self.options.in_flight);
        let key = object.key.clone();
        let Key { repository, entry } = Key::read(&self.options.root, &key);
        match (repository, entry) {
            (_, Entry::Foreign) => {
                let detail = format!("{} bytes, not of a registry's layout", object.size);
                self.findings.add(&kinds::FOREIGN_KEY, object.key, detail, object.size);
            }
            (_, Entry::Blob(digest)) => {
                self.findings.seen.blobs += 1;
                self.blobs.insert(digest, Blob { size: object.size, young, needed: false });
                if self.blobs.len() > self.options.most_blobs {
                    let reason = format!("it has more than {} blobs: raise the limit", self.options.most_blobs);
                    return Err(AuditError { what: "the bucket".to_owned(), reason });
                }
            }
            (Some(name), entry) => {
                if open.as_ref().is_none_or(|open| *open.name() != name)
                    && let Some(done) = open.replace(Repository::new(name))
                {
                    done.finish(self).await?;
                }
                if let Some(open) = open {
                    open.add(entry, object, young);
                }
            }
            (None, _) => {}
        }
        Ok(())
    }

    /// A manifest or an index needs a blob of this size: what is wrong with it.
    pub(crate) fn need(&mut self, digest: &Digest, size: u64) -> Option<(&'static kinds::Kind, String)> {
        let Some(blob) = self.blobs.get_mut(digest) else {
            return Some((&kinds::MISSING_BLOB, format!("no bytes of {digest}")));
        };
        blob.needed = true;
        (blob.size != size)
            .then(|| (&kinds::TRUNCATED_BLOB, format!("{digest} has {} bytes, the manifest says {size}", blob.size)))
    }

    pub(crate) fn keep(&mut self, digest: &Digest) {
        if let Some(blob) = self.blobs.get_mut(digest) {
            blob.needed = true;
        }
    }

    async fn uploads(&mut self) -> Result<(), AuditError> {
        let prefix = path::prefix(&self.options.root);
        for upload in self.bucket.uploads(&prefix).await? {
            let young = upload.age.is_none_or(|age| age < self.options.in_flight);
            let directory = upload.key.rsplit_once('/').map_or(String::new(), |(directory, _)| format!("{directory}/"));
            if young || self.sessions.contains(&directory) {
                self.findings.seen.in_flight += 1;
                continue;
            }
            let owner = match Key::read(&self.options.root, &upload.key).entry {
                Entry::Foreign => "of a key that is not of a registry's layout",
                Entry::Blob(_) => "of a blob",
                _ => "of an upload session",
            };
            let detail = format!("upload {owner}, {}", old(upload.age));
            self.findings.add(&kinds::ORPHAN_MULTIPART, upload.key, detail, 0);
        }
        Ok(())
    }

    async fn hash(&mut self, progress: Progress<'_>) -> Result<(), AuditError> {
        let (mut bytes, mut told) = (0, 0);
        for (digest, blob) in &self.blobs {
            let key = path::blob(&self.options.root, digest);
            let actual = self.bucket.digest(&key, digest).await?;
            self.findings.seen.hashed += 1;
            if let Some(actual) = actual.filter(|actual| actual != digest) {
                self.findings.add(
                    &kinds::CORRUPT_BLOB,
                    digest.to_string(),
                    format!("its bytes are {actual}"),
                    blob.size,
                );
            }
            bytes += blob.size;
            if bytes - told > 1 << 30 {
                told = bytes;
                progress(&format!("hashed {} of {} blobs", self.findings.seen.hashed, self.blobs.len()));
            }
        }
        Ok(())
    }

    fn leaks(&mut self) {
        for (digest, blob) in self.blobs.iter().filter(|(_, blob)| !blob.needed) {
            if blob.young {
                self.findings.seen.in_flight += 1;
            } else {
                let detail = format!("{} bytes that no manifest needs", blob.size);
                self.findings.add(&kinds::LEAKED_BLOB, digest.to_string(), detail, blob.size);
            }
        }
    }

    /// A session directory that was listed whole.
    pub(crate) fn session(&mut self, name: &RepositoryName, id: &str, bytes: u64, age: Option<Duration>, young: bool) {
        if young {
            self.findings.seen.in_flight += 1;
            self.sessions.insert(path::upload(&self.options.root, name, id));
        } else {
            let detail = format!("{bytes} bytes, {}", old(age));
            self.findings.add(&kinds::ORPHAN_UPLOAD, format!("{name} upload {id}"), detail, bytes);
        }
    }
}

fn old(age: Option<Duration>) -> String {
    let hours = age.unwrap_or_default().as_secs() / 3600;
    match hours {
        0 => "less than an hour old".to_owned(),
        1..48 => format!("{hours} hours old"),
        _ => format!("{} days old", hours / 24),
    }
}
