//! The first calls to storage that match stand in this order.

use shakedown_scenario::expect::StorageOrder;

use super::Evidence;
use crate::expect::Checks;
use crate::expect::calls::{describe_calls, is_meant};

pub(super) const NAME: &str = "storage-order";

pub(super) fn check(wanted: &StorageOrder, evidence: &Evidence<'_>, checks: &mut Checks) {
    checks.at = "calls to storage".to_owned();
    let calls = evidence.storage_calls();
    let names: Vec<_> = wanted.calls.iter().map(describe_calls).collect();
    let firsts: Vec<_> =
        wanted.calls.iter().map(|wanted| calls.iter().position(|call| is_meant(wanted, call))).collect();
    let missing = firsts.iter().position(Option::is_none);
    let swapped = firsts.windows(2).position(|pair| pair[0] >= pair[1]);
    let actual = match (missing, swapped) {
        (Some(at), _) => format!("there is no {}", names[at]),
        (None, Some(at)) => format!("the first {} came not after the first {}", names[at + 1], names[at]),
        (None, None) => "in this order".to_owned(),
    };
    checks.note(missing.is_none() && swapped.is_none(), NAME, names.join(", then "), actual);
}

#[cfg(test)]
mod tests {
    use super::super::testing::{World, back, run};
    use shakedown_reports::Verdict;

    #[tokio::test]
    async fn order_and_absence_are_found() {
        let mut world = World::default();
        world.run.back = ["CopyObject", "HeadObject", "DeleteObject"].map(|name| back(name, "k", 200)).to_vec();
        for (yaml, verdict) in [
            (
                "storage-order: { calls: [{ operation: CopyObject }, { operation: HeadObject }, { operation: DeleteObject }] }",
                Verdict::Passed,
            ),
            ("storage-order: { calls: [{ operation: DeleteObject }, { operation: HeadObject }] }", Verdict::Failed),
            ("storage-order: { calls: [{ operation: CopyObject }, { operation: PutObject }] }", Verdict::Failed),
        ] {
            let [check] = run(yaml, &world).await.try_into().unwrap();
            assert_eq!(check.verdict, verdict, "{yaml}: {check:?}");
        }
    }
}
