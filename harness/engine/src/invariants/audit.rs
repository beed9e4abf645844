//! An audit of the bucket finds what the scenario says, and nothing else.

use shakedown_scenario::steps::AuditRule;

use super::{Evidence, Stop};
use crate::expect::Checks;
use crate::steps::life::check_audit;
use crate::view::ViewError;

pub(super) const NAME: &str = "audit";

pub(super) async fn check(rule: &AuditRule, evidence: &Evidence<'_>, checks: &mut Checks) -> Result<(), Stop> {
    let failed = |reason: String| Stop::View(ViewError { what: "the audit".to_owned(), reason });
    check_audit(evidence.bucket()?, rule, checks).await.and_then(|audited| audited).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Bucket, World, run};
    use shakedown_reports::Verdict;

    #[tokio::test]
    async fn what_is_not_expected_is_found() {
        let mut world = World { bucket: Some(Bucket::with_image("lab/app", "1")), ..World::default() };
        let [clean] = run("audit: {}", &world).await.try_into().unwrap();
        assert_eq!(clean.verdict, Verdict::Passed, "{clean:?}");
        world.bucket.as_mut().unwrap().put_blob(b"nobody's");
        let [leak] = run("audit: {}", &world).await.try_into().unwrap();
        assert_eq!((leak.verdict, leak.expected.as_str()), (Verdict::Failed, "0 of leaked-blob"), "{leak:?}");
        let [leak] = run("audit: { expect: { leaked-blob: 1 } }", &world).await.try_into().unwrap();
        assert_eq!(leak.verdict, Verdict::Passed, "{leak:?}");
        let [unknown] = run("audit: { expect: { rust: 1 } }", &world).await.try_into().unwrap();
        assert_eq!(unknown.verdict, Verdict::Error, "{unknown:?}");
    }
}
