//! Nothing stands in the bucket that no repository refers to: no upload directories, no blobs without a link.

use std::collections::BTreeSet;

use super::index::Index;
use super::{Evidence, Stop};
use crate::expect::Checks;
use crate::view::ObjectEntry;

pub(super) const NAME: &str = "no-leaked-bytes";

pub(super) async fn check(evidence: &Evidence<'_>, checks: &mut Checks) -> Result<(), Stop> {
    let index = Index::of(evidence.bucket()?).await?;
    let linked: BTreeSet<_> = index.layers.keys().chain(index.revisions.keys()).map(|(_, digest)| digest).collect();
    let unlinked: Vec<_> =
        index.blobs.iter().filter(|(digest, _)| !linked.contains(digest)).map(|(_, data)| data.clone()).collect();
    note("nothing in upload directories", &index.uploads, checks);
    note("no blob without a link", &unlinked, checks);
    Ok(())
}

fn note(expected: &str, found: &[ObjectEntry], checks: &mut Checks) {
    let bytes: u64 = found.iter().map(|object| object.size).sum();
    let objects = if found.len() == 1 { "object" } else { "objects" };
    checks.at = found.first().map(|object| object.key.clone()).unwrap_or_default();
    let actual =
        if found.is_empty() { "nothing".to_owned() } else { format!("{} {objects}, {bytes} bytes", found.len()) };
    checks.note(found.is_empty(), NAME, expected, actual);
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Bucket, World, digest_of, run};
    use shakedown_reports::Verdict;

    #[tokio::test]
    async fn garbage_of_both_kinds_is_found() {
        let mut world = World { bucket: Some(Bucket::with_image("lab/app", "1")), ..World::default() };
        for check in run("no-leaked-bytes", &world).await {
            assert_eq!(check.verdict, Verdict::Passed, "{check:?}");
        }
        let bucket = world.bucket.as_mut().unwrap();
        bucket.put("docker/registry/v2/repositories/lab/app/_uploads/9ac3/startedat", b"2026");
        let [uploads, blobs] = run("no-leaked-bytes", &world).await.try_into().unwrap();
        assert_eq!((uploads.verdict, uploads.actual.as_str()), (Verdict::Failed, "1 object, 4 bytes"));
        assert_eq!(blobs.verdict, Verdict::Passed);
        world.bucket.as_mut().unwrap().put_blob(b"nobody's");
        let [_, blobs] = run("no-leaked-bytes", &world).await.try_into().unwrap();
        assert_eq!((blobs.verdict, blobs.actual.as_str()), (Verdict::Failed, "1 object, 8 bytes"));
        assert!(blobs.at.contains(digest_of(b"nobody's").trim_start_matches("sha256:")), "{}", blobs.at);
    }
}
