//! Every tag resolves to a manifest whose blobs are all there, whole. In the bucket where we can look into it, else through the API.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::index::{Index, blob_problem, read_link};
use super::manifest::References;
use super::{Evidence, Stop};
use crate::expect::Checks;
use crate::view::{ApiView, BucketView, ViewError};

pub(super) const NAME: &str = "every-tag-resolves";
const EXPECTED: &str = "a manifest with all its blobs, whole";

/// Largest manifest that is read.
const MANIFEST: usize = 16 << 20;
/// Manifests that one tag may lead to; a bucket must not keep us busy for ever.
const MANIFESTS: usize = 1000;

pub(super) async fn check(evidence: &Evidence<'_>, checks: &mut Checks) -> Result<(), Stop> {
    let tags = match (evidence.bucket, evidence.api) {
        (Some(bucket), _) => in_bucket(bucket, checks).await?,
        (None, Some(api)) => through_api(api, evidence.repository, checks).await?,
        (None, None) => return Err(Stop::Blind("neither the bucket nor the API can be looked at")),
    };
    if checks.list.is_empty() {
        checks.at = format!("{tags} tags");
        checks.note(true, NAME, EXPECTED, "all resolve");
    }
    Ok(())
}

async fn in_bucket(bucket: &dyn BucketView, checks: &mut Checks) -> Result<usize, ViewError> {
    let index = Index::of(bucket).await?;
    let mut whole = BTreeSet::new();
    for ((repository, tag), key) in &index.tags {
        let problem = match read_link(bucket, key).await? {
            None => Some("its link holds no digest".to_owned()),
            Some(digest) => problem_of(bucket, &index, repository, digest, &mut whole).await?,
        };
        if let Some(problem) = problem {
            checks.at = format!("{repository}:{tag}");
            checks.note(false, NAME, EXPECTED, problem);
        }
    }
    Ok(index.tags.len())
}

/// The first thing that is wrong with a manifest or with what it refers to. `whole` are blobs known to be good.
async fn problem_of(
    bucket: &dyn BucketView,
    index: &Index,
    repository: &str,
    root: String,
    whole: &mut BTreeSet<String>,
) -> Result<Option<String>, ViewError> {
    let mut seen = BTreeSet::from([root.clone()]);
    let mut open = vec![root];
    while let Some(digest) = open.pop() {
        if !index.revisions.contains_key(&(repository.to_owned(), digest.clone())) {
            return Ok(Some(format!("manifest {digest} is not linked")));
        }
        if let Some(problem) = blob_problem(bucket, index, &digest, None).await? {
            return Ok(Some(format!("manifest: {problem}")));
        }
        let Some(content) = bucket.read(&index.blobs[&digest].key, MANIFEST).await? else {
            return Ok(Some(format!("manifest: no data of {digest}")));
        };
        let references = match References::parse(&content) {
            Ok(references) => references,
            Err(problem) => return Ok(Some(format!("{digest}: {problem}"))),
        };
        for blob in references.blobs() {
            if !index.layers.contains_key(&(repository.to_owned(), blob.digest.clone())) {
                return Ok(Some(format!("blob {} is not linked", blob.digest)));
            }
            if whole.contains(&blob.digest) {
                continue;
            }
            if let Some(problem) = blob_problem(bucket, index, &blob.digest, blob.size).await? {
                return Ok(Some(problem));
            }
            whole.insert(blob.digest.clone());
        }
        let children = references.manifests.into_iter().map(|child| child.digest);
        open.extend(children.filter(|child| seen.len() < MANIFESTS && seen.insert(child.clone())));
    }
    Ok(None)
}

#[derive(Deserialize)]
struct TagList {
    #[serde(default)]
    tags: Option<Vec<String>>,
}

async fn through_api(api: &dyn ApiView, repository: &str, checks: &mut Checks) -> Result<usize, ViewError> {
    let answer = api.get(&format!("/v2/{repository}/tags/list")).await?;
    if answer.status == 404 {
        return Ok(0);
    }
    let list = answer.body.as_deref().and_then(|body| serde_json::from_slice::<TagList>(body).ok());
    let Some(tags) = list.filter(|_| answer.status == 200).map(|list| list.tags.unwrap_or_default()) else {
        checks.at = format!("GET /v2/{repository}/tags/list");
        checks.note(false, NAME, "a list of tags", format!("{} without one", answer.status));
        return Ok(0);
    };
    for tag in &tags {
        if let Some(problem) = api_problem(api, repository, tag).await? {
            checks.at = format!("{repository}:{tag}");
            checks.note(false, NAME, EXPECTED, problem);
        }
    }
    Ok(tags.len())
}

async fn api_problem(api: &dyn ApiView, repository: &str, tag: &str) -> Result<Option<String>, ViewError> {
    let mut seen = BTreeSet::from([tag.to_owned()]);
    let mut open = vec![tag.to_owned()];
    while let Some(reference) = open.pop() {
        let answer = api.get(&format!("/v2/{repository}/manifests/{reference}")).await?;
        if let Some(problem) = super::acknowledged_is_readable::answer_problem(&answer, &reference) {
            return Ok(Some(format!("manifest {reference}: {problem}")));
        }
        let references = match References::parse(answer.body.as_deref().unwrap_or_default()) {
            Ok(references) => references,
            Err(problem) => return Ok(Some(format!("{reference}: {problem}"))),
        };
        for blob in references.blobs().filter(|blob| seen.insert(blob.digest.clone())) {
            let answer = api.get(&format!("/v2/{repository}/blobs/{}", blob.digest)).await?;
            if let Some(problem) = super::acknowledged_is_readable::answer_problem(&answer, &blob.digest) {
                return Ok(Some(format!("blob {}: {problem}", blob.digest)));
            }
        }
        let children = references.manifests.into_iter().map(|child| child.digest);
        open.extend(children.filter(|child| seen.len() < MANIFESTS && seen.insert(child.clone())));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Api, Bucket, World, run};
    use shakedown_reports::Verdict;

    async fn verdict(bucket: &Bucket) -> (Verdict, String) {
        let world = World { bucket: Some(bucket.clone()), ..World::default() };
        let [check] = run("every-tag-resolves", &world).await.try_into().unwrap();
        (check.verdict, check.actual)
    }

    #[tokio::test]
    async fn each_missing_piece_of_an_image_is_found() {
        let whole = Bucket::with_image("lab/app", "1");
        assert_eq!(verdict(&whole).await, (Verdict::Passed, "all resolve".to_owned()));
        for (mark, words) in
            [("/revisions/", "is not linked"), ("/_layers/", "is not linked"), ("/blobs/", "no data of")]
        {
            for key in whole.objects.keys().filter(|key| key.contains(mark)) {
                let mut broken = whole.clone();
                broken.objects.remove(key);
                let (verdict, actual) = verdict(&broken).await;
                assert!(verdict == Verdict::Failed && actual.contains(words), "{key}: {actual}");
            }
        }
        for key in whole.objects.keys().filter(|key| !key.contains("/_layers/") && !key.contains("/revisions/")) {
            let mut broken = whole.clone();
            broken.objects.insert(key.clone(), b"other".to_vec());
            assert_eq!(verdict(&broken).await.0, Verdict::Failed, "{key} with another content");
        }
    }

    #[tokio::test]
    async fn without_a_bucket_the_api_is_asked() {
        let bucket = Bucket::with_image("lab/app", "1");
        let mut world = World { api: Some(Api::over(&bucket, "lab/app")), ..World::default() };
        let [check] = run("every-tag-resolves", &world).await.try_into().unwrap();
        assert_eq!(check.verdict, Verdict::Passed, "{check:?}");
        let api = world.api.as_mut().unwrap();
        let blob = api.0.keys().find(|path| path.contains("/blobs/")).unwrap().clone();
        api.0.remove(&blob);
        let [check] = run("every-tag-resolves", &world).await.try_into().unwrap();
        assert!(check.verdict == Verdict::Failed && check.actual.contains("404"), "{check:?}");
    }
}
