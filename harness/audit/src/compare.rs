//! What registries show through their APIs, against a bucket or against each other (seed incident 000, J03: the switch to another site).

use std::collections::BTreeSet;

use shakedown_client::{Client, ClientError, Page};
use shakedown_oci::{Digest, Reference, RepositoryName};

use crate::bucket::{Options, Tags, walk};
use crate::report::Findings;
use crate::view::{AuditError, Bucket};
use crate::{Audit, Progress, kinds};

/// Most blobs that are remembered as present on the other side; beyond that some are asked for twice.
const REMEMBERED: usize = 1_000_000;

/// Audits a bucket, and what a registry lists of it.
///
/// # Errors
/// If one of them cannot be read, or the registry has no catalogue.
pub async fn compare_with_bucket(
    client: &Client,
    bucket: &dyn Bucket,
    options: &Options,
    progress: Progress<'_>,
) -> Result<Audit, AuditError> {
    let (audit, stored) = walk(bucket, options, progress).await?;
    let mut findings = Findings::default();
    let listed = tags(client, "the registry", progress).await?;
    for (repository, tag) in &listed {
        let at = format!("{repository}:{tag}");
        match (stored.get(&(repository.to_string(), tag.clone())), head(client, repository, tag, "the registry").await?)
        {
            (None, _) => findings.add(&kinds::GHOST_TAG, at, "listed by the registry, not in the bucket", 0),
            (Some(_), Seen::Failed(reason)) => findings.add(&kinds::UNREADABLE_TAG, at, reason, 0),
            (Some(stored), Seen::There(Some(shown))) if shown != *stored => {
                findings.add(&kinds::DIFFERENT_TAG, at, format!("the registry says {shown}, the bucket {stored}"), 0);
            }
            (Some(_), Seen::There(_)) => {}
        }
    }
    for ((repository, tag), digest) in hidden(&stored, &listed) {
        let detail = format!("the bucket holds it ({digest}), the registry does not list it");
        findings.add(&kinds::HIDDEN_TAG, format!("{repository}:{tag}"), detail, 0);
    }
    Ok(audit.with(findings.into_audit("")))
}

fn hidden<'a>(
    stored: &'a Tags,
    listed: &'a BTreeSet<(RepositoryName, String)>,
) -> impl Iterator<Item = (&'a (String, String), &'a Digest)> {
    let known: BTreeSet<_> = listed.iter().map(|(repository, tag)| (repository.to_string(), tag.clone())).collect();
    stored.iter().filter(move |(at, _)| !known.contains(*at))
}

/// What of registry `a` is missing in registry `b`, or differs: tags, manifests, blobs.
///
/// # Errors
/// If one of them cannot be read, or `a` has no catalogue.
pub async fn compare_registries(a: &Client, b: &Client, progress: Progress<'_>) -> Result<Audit, AuditError> {
    let mut findings = Findings::default();
    let mut there = BTreeSet::new();
    let all = tags(a, "the first registry", progress).await?;
    findings.seen.repositories = all.iter().map(|(repository, _)| repository).collect::<BTreeSet<_>>().len() as u64;
    for (at, (repository, tag)) in all.iter().enumerate() {
        if at.is_multiple_of(100) {
            progress(&format!("compared {at} of {} tags", all.len()));
        }
        findings.seen.tags += 1;
        let name = format!("{repository}:{tag}");
        let first = head(a, repository, tag, "the first registry").await?;
        let second = head(b, repository, tag, "the second registry").await?;
        match (first, second) {
            (Seen::Failed(reason), _) => findings.add(&kinds::UNREADABLE_TAG, name, format!("first: {reason}"), 0),
            (Seen::There(_), Seen::Failed(reason)) => findings.add(&kinds::MISSING_TAG, name, reason, 0),
            (Seen::There(Some(first)), Seen::There(Some(second))) if first != second => {
                findings.add(&kinds::DIFFERENT_TAG, name, format!("first {first}, second {second}"), 0);
            }
            (Seen::There(_), Seen::There(_)) => {
                let mut closure = Closure { a, b, repository, findings: &mut findings, there: &mut there };
                closure.check(&name, &Reference::Tag(tag.parse().map_err(|_| unlisted(&name))?)).await?;
            }
        }
    }
    Ok(findings.into_audit("two registries"))
}

fn unlisted(name: &str) -> AuditError {
    AuditError { what: name.to_owned(), reason: "this is not a tag".to_owned() }
}

/// What a tag leads to on the first side, looked for on the second.
struct Closure<'a> {
    a: &'a Client,
    b: &'a Client,
    repository: &'a RepositoryName,
    findings: &'a mut Findings,
    there: &'a mut BTreeSet<(RepositoryName, Digest)>,
}

impl Closure<'_> {
    async fn check(&mut self, name: &str, reference: &Reference) -> Result<(), AuditError> {
        let mut open = vec![reference.clone()];
        while let Some(reference) = open.pop() {
            let pulled = match self.a.pull_manifest(self.repository, &reference).await.result {
                Ok(pulled) => pulled,
                Err(error) if error.status().is_none() => return Err(unreachable("the first registry", &error)),
                Err(error) => {
                    self.findings.add(&kinds::UNREADABLE_TAG, name, format!("first: {error}"), 0);
                    continue;
                }
            };
            self.findings.seen.manifests += 1;
            for blob in pulled.manifest.blobs().filter(|blob| blob.urls.is_empty()) {
                let found = self.b.head_blob(self.repository, &blob.digest);
                if !self.is_known(&blob.digest)
                    && !self.is_there(found.await.result.map(|head| head.is_some()), &blob.digest)?
                {
                    let detail = format!("{} is not on the second side", blob.digest);
                    self.findings.add(&kinds::MISSING_BLOB, name, detail, blob.size);
                }
            }
            for child in &pulled.manifest.manifests {
                let reference = Reference::Digest(child.digest.clone());
                let found = self.b.head_manifest(self.repository, &reference).await.result;
                if self.is_there(found.map(|head| head.is_some()), &child.digest)? {
                    open.push(reference);
                } else {
                    let detail = format!("{} is not on the second side", child.digest);
                    self.findings.add(&kinds::MISSING_CHILD, name, detail, child.size);
                }
            }
        }
        Ok(())
    }

    fn is_known(&self, digest: &Digest) -> bool {
        self.there.contains(&(self.repository.clone(), digest.clone()))
    }

    fn is_there(&mut self, found: Result<bool, ClientError>, digest: &Digest) -> Result<bool, AuditError> {
        let found = match found {
            Ok(found) => found,
            Err(error) if error.status().is_some() => false,
            Err(error) => return Err(unreachable("the second registry", &error)),
        };
        if found && self.there.len() < REMEMBERED {
            self.there.insert((self.repository.clone(), digest.clone()));
        }
        Ok(found)
    }
}

enum Seen {
    There(Option<Digest>),
    /// Absent, or refused: an answer, whatever it was.
    Failed(String),
}

async fn head(client: &Client, repository: &RepositoryName, tag: &str, who: &str) -> Result<Seen, AuditError> {
    let reference = Reference::Tag(tag.parse().map_err(|_| unlisted(tag))?);
    match client.head_manifest(repository, &reference).await.result {
        Ok(Some(head)) => Ok(Seen::There(head.digest)),
        Ok(None) => Ok(Seen::Failed("404: not there".to_owned())),
        Err(error) if error.status().is_some() => Ok(Seen::Failed(error.to_string())),
        Err(error) => Err(unreachable(who, &error)),
    }
}

/// Every tag that the catalogue leads to.
async fn tags(
    client: &Client,
    who: &str,
    progress: Progress<'_>,
) -> Result<BTreeSet<(RepositoryName, String)>, AuditError> {
    let catalog = client.catalog(&Page::default()).await.result.map_err(|error| unreachable(who, &error))?;
    let mut all = BTreeSet::new();
    for (at, name) in catalog.entries.iter().enumerate() {
        let repository: RepositoryName = name.parse().map_err(|error| AuditError {
            what: format!("the catalogue of {who}"),
            reason: format!("{name} is not the name of a repository: {error}"),
        })?;
        match client.tags(&repository, &Page::default()).await.result {
            Ok(listing) => all.extend(listing.entries.into_iter().map(|tag| (repository.clone(), tag))),
            // A repository that holds no tag (any more).
            Err(error) if error.status() == Some(404) => {}
            Err(error) => return Err(unreachable(who, &error)),
        }
        if at.is_multiple_of(100) {
            progress(&format!("listed {at} of {} repositories", catalog.entries.len()));
        }
    }
    Ok(all)
}

fn unreachable(who: &str, error: &ClientError) -> AuditError {
    AuditError { what: who.to_owned(), reason: error.to_string() }
}
