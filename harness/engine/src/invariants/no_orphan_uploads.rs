//! No multipart upload is open in the bucket (their parts cost money and are seen by no listing of objects).

use super::{Evidence, Stop};
use crate::expect::Checks;

pub(super) const NAME: &str = "no-orphan-uploads";

pub(super) async fn check(evidence: &Evidence<'_>, checks: &mut Checks) -> Result<(), Stop> {
    let uploads = evidence.bucket()?.uploads().await?;
    let actual = match uploads.as_slice() {
        [] => "none".to_owned(),
        [first, ..] => {
            checks.at = first.key.clone();
            format!("{} open", uploads.len())
        }
    };
    checks.note(uploads.is_empty(), NAME, "no open multipart upload", actual);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Bucket, World, run};
    use shakedown_reports::Verdict;

    #[tokio::test]
    async fn an_open_upload_is_found() {
        let mut world = World { bucket: Some(Bucket::default()), ..World::default() };
        let [passed] = run("no-orphan-uploads", &world).await.try_into().unwrap();
        assert_eq!(passed.verdict, Verdict::Passed);
        world.bucket.as_mut().unwrap().uploads.push("docker/registry/v2/repositories/a/_uploads/1/data".into());
        let [failed] = run("no-orphan-uploads", &world).await.try_into().unwrap();
        assert_eq!((failed.verdict, failed.actual.as_str()), (Verdict::Failed, "1 open"));
    }
}
