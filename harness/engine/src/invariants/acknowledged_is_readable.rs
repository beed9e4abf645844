//! Every blob and manifest that was acknowledged by 201 can be read back with its digest: its link and its data stand in the bucket,
//! and the registry serves it. What was deleted since, or may have been, is left out.

use shakedown_wire::Exchange;

use super::index::{Index, blob_problem, read_link};
use super::{Evidence, Stop, place};
use crate::expect::Checks;
use crate::trace::{Address, Target, query_of, query_value};
use crate::view::{ApiAnswer, ApiView, BucketView, ViewError};

pub(super) const NAME: &str = "acknowledged-is-readable";
const EXPECTED: &str = "what 201 acknowledged";

/// Something that a 201 promised.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Promise {
    Blob {
        repository: String,
        digest: String,
    },
    Manifest {
        repository: String,
        digest: String,
    },
    /// The tag points to one of these (several, if they were written at the same time).
    Tag {
        repository: String,
        tag: String,
        digests: Vec<String>,
    },
}

pub(super) async fn check(evidence: &Evidence<'_>, checks: &mut Checks) -> Result<(), Stop> {
    if evidence.bucket.is_none() && evidence.api.is_none() {
        return Err(Stop::Blind("neither the bucket nor the API can be looked at"));
    }
    let promises = promises(&evidence.run.front);
    let index = match evidence.bucket {
        Some(bucket) => Some((bucket, Index::of(bucket).await?)),
        None => None,
    };
    for (promise, call) in &promises {
        let mut problem = None;
        if let Some((bucket, index)) = &index {
            problem = stored_problem(promise, *bucket, index).await?;
        }
        if let (None, Some(api)) = (&problem, evidence.api) {
            problem = served_problem(promise, api).await?;
        }
        if let Some(problem) = problem {
            checks.at = place(call);
            checks.trace = call.trace;
            checks.note(false, NAME, EXPECTED, problem);
        }
    }
    if checks.list.is_empty() {
        checks.at = format!("{} acknowledged", promises.len());
        checks.note(true, NAME, EXPECTED, "all of it");
    }
    Ok(())
}

/// What still must be there at the end, with the call that promised it.
fn promises(front: &[Exchange]) -> Vec<(Promise, &Exchange)> {
    let mut promises: Vec<(Promise, &Exchange)> = Vec::new();
    let mut tags: Vec<(String, String, String, &Exchange)> = Vec::new();
    for call in front.iter().filter(|call| call.response.as_ref().is_some_and(|response| response.status == 201)) {
        let address = Address::of_uri(&call.request.uri);
        let Some(repository) = address.repositories.first().cloned() else { continue };
        match (call.request.method.as_str(), &address.target) {
            ("PUT", Target::Upload(_)) | ("POST", Target::Uploads) => {
                let query = query_of(&call.request.uri);
                let digest = query_value(&query, "mount").or_else(|| query_value(&query, "digest"));
                let Some(digest) = digest.map(str::to_owned) else { continue };
                promises.push((Promise::Blob { repository, digest }, call));
            }
            ("PUT", Target::Manifest(reference)) => {
                let digest = match address.tag() {
                    None => Some(reference.clone()),
                    Some(_) => call.request.body.digest.clone(),
                };
                let Some(digest) = digest else { continue };
                tags.extend(address.tag().map(|tag| (repository.clone(), tag.to_owned(), digest.clone(), call)));
                promises.push((Promise::Manifest { repository, digest }, call));
            }
            _ => {}
        }
    }
    promises.extend(last_writes(&tags));
    promises.retain(|(promise, call)| {
        !front.iter().any(|other| may_delete(other, promise) && ended_after(other, call.start_us))
    });
    promises
}

/// Per tag the writes that no later one replaced. Writes of one instant (virtual time) may have come in any order.
fn last_writes<'a>(writes: &[(String, String, String, &'a Exchange)]) -> Vec<(Promise, &'a Exchange)> {
    let mut promises: Vec<(Promise, &Exchange)> = Vec::new();
    for (repository, tag, digest, call) in writes {
        let replaced = writes
            .iter()
            .any(|(r, t, _, later)| (r, t) == (repository, tag) && call.end_us.is_some_and(|end| end < later.start_us));
        if replaced {
            continue;
        }
        let known = promises.iter_mut().find_map(|(promise, _)| match promise {
            Promise::Tag { repository: r, tag: t, digests } if (&*r, &*t) == (repository, tag) => Some(digests),
            _ => None,
        });
        match known {
            Some(digests) => digests.push(digest.clone()),
            None => {
                let digests = vec![digest.clone()];
                promises.push((Promise::Tag { repository: repository.clone(), tag: tag.clone(), digests }, *call));
            }
        }
    }
    promises
}

/// True if this call deleted it, or may have: only a 4xx says for sure that it did not.
fn may_delete(call: &Exchange, promise: &Promise) -> bool {
    let refused = call.response.as_ref().is_some_and(|response| (400..500).contains(&response.status));
    if call.request.method != "DELETE" || refused {
        return false;
    }
    let address = Address::of_uri(&call.request.uri);
    let here = |repository: &String| address.repositories.first() == Some(repository);
    match (promise, &address.target) {
        (Promise::Blob { repository, digest }, Target::Blob(gone)) => here(repository) && digest == gone,
        (Promise::Manifest { repository, digest }, Target::Manifest(gone)) => here(repository) && digest == gone,
        (Promise::Tag { repository, tag, digests }, Target::Manifest(gone)) => {
            here(repository) && (tag == gone || digests.contains(gone))
        }
        _ => false,
    }
}

fn ended_after(call: &Exchange, us: u64) -> bool {
    call.end_us.is_none_or(|end| end >= us)
}

async fn stored_problem(
    promise: &Promise,
    bucket: &dyn BucketView,
    index: &Index,
) -> Result<Option<String>, ViewError> {
    let linked = |links: &std::collections::BTreeMap<(String, String), String>,
                  repository: &String,
                  digest: &String| { links.get(&(repository.clone(), digest.clone())).cloned() };
    let (kind, link, digest) = match promise {
        Promise::Blob { repository, digest } => ("blob", linked(&index.layers, repository, digest), digest),
        Promise::Manifest { repository, digest } => ("manifest", linked(&index.revisions, repository, digest), digest),
        Promise::Tag { repository, tag, digests } => {
            let Some(key) = index.tags.get(&(repository.clone(), tag.clone())) else {
                return Ok(Some(format!("there is no link of tag {tag}")));
            };
            let target = read_link(bucket, key).await?;
            let held = target.as_ref().is_some_and(|target| digests.contains(target));
            return Ok(
                (!held).then(|| format!("the link of tag {tag} holds {}", target.as_deref().unwrap_or("no digest")))
            );
        }
    };
    let Some(key) = link else { return Ok(Some(format!("{kind} {digest} has no link in the repository"))) };
    let target = read_link(bucket, &key).await?;
    if target.as_ref() != Some(digest) {
        return Ok(Some(format!("the link of {kind} {digest} holds {}", target.as_deref().unwrap_or("no digest"))));
    }
    blob_problem(bucket, index, digest, None).await
}

async fn served_problem(promise: &Promise, api: &dyn ApiView) -> Result<Option<String>, ViewError> {
    let (path, wanted) = match promise {
        Promise::Blob { repository, digest } => (format!("/v2/{repository}/blobs/{digest}"), vec![digest]),
        Promise::Manifest { repository, digest } => (format!("/v2/{repository}/manifests/{digest}"), vec![digest]),
        Promise::Tag { repository, tag, digests } => {
            (format!("/v2/{repository}/manifests/{tag}"), digests.iter().collect())
        }
    };
    let answer = api.get(&path).await?;
    let problems: Vec<_> = wanted.into_iter().map(|digest| answer_problem(&answer, digest)).collect();
    let held = problems.iter().any(Option::is_none);
    Ok(if held { None } else { problems.into_iter().flatten().next().map(|problem| format!("GET {path}: {problem}")) })
}

/// What is wrong with an answer that should be the content of `reference`: a digest is compared, a tag only has to be served.
pub(super) fn answer_problem(answer: &ApiAnswer, reference: &str) -> Option<String> {
    if answer.status != 200 {
        return Some(format!("answered {}", answer.status));
    }
    if let Some(broken) = &answer.broken {
        return Some(format!("broke off after {} bytes: {broken}", answer.bytes));
    }
    let differs = reference.starts_with("sha256:") && answer.digest != reference;
    differs.then(|| format!("the content is {}", answer.digest))
}

#[cfg(test)]
mod tests;
