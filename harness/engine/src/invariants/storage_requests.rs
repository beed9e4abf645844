//! Counts of calls to storage.

use shakedown_scenario::expect::StorageRequests;

use super::Evidence;
use crate::expect::{Checks, check_calls};

pub(super) const NAME: &str = "storage-requests";

pub(super) fn check(wanted: &StorageRequests, evidence: &Evidence<'_>, checks: &mut Checks) {
    checks.at = "calls to storage".to_owned();
    check_calls(wanted, &evidence.storage_calls(), checks);
}

#[cfg(test)]
mod tests {
    use super::super::testing::{World, back, run};
    use shakedown_reports::Verdict;
    use shakedown_wire::{Exchange, Lane};

    #[tokio::test]
    async fn calls_of_the_registry_are_counted_and_those_of_clients_are_not() {
        let mut world = World::default();
        let data = "docker/registry/v2/repositories/a/_uploads/1/data";
        let of_client = Exchange { lane: Lane::new("client", "s3"), ..back("GetObject", data, 200) };
        world.run.back = vec![back("GetObject", data, 404), back("GetObject", data, 200), of_client];
        for (yaml, verdict) in [
            ("storage-requests: { operation: GetObject, exactly: 2 }", Verdict::Passed),
            ("storage-requests: { operation: GetObject, at-most: 1 }", Verdict::Failed),
            ("storage-requests: { operation: GetObject, answered: 404, exactly: 1 }", Verdict::Passed),
            ("storage-requests: { key-class: upload-data, at-least: 3 }", Verdict::Failed),
            ("storage-requests: { key: '**/_uploads/*/startedat', exactly: 0 }", Verdict::Passed),
        ] {
            let [check] = run(yaml, &world).await.try_into().unwrap();
            assert_eq!(check.verdict, verdict, "{yaml}: {check:?}");
        }
    }
}
