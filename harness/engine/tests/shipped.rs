//! Every shipped scenario on the reference registry: passes in memory and over TCP, with the same verdicts.

mod common;

use std::collections::BTreeMap;

use common::shipped::shipped;
use common::{quiet, shown, verdicts};
use shakedown_engine::{Over, RunOptions, SystemChoice, Thoroughness, selftest};
use shakedown_oci::Version;
use shakedown_reports::Verdict;
use shakedown_scenario::Plan;

#[test]
fn all_pass_in_memory_and_over_tcp_alike() {
    let memory = quiet(shipped(), &RunOptions::default());
    let bad = |result: &shakedown_engine::RunResult| -> Vec<String> {
        let bad =
            result.report.scenarios.iter().filter(|one| !matches!(one.verdict, Verdict::Passed | Verdict::Skipped));
        bad.map(|one| format!("{} {:?} {:?}\n{}\n", one.id, one.verdict, one.reason, shown(one))).collect()
    };
    assert_eq!(bad(&memory), Vec::<String>::new());
    let rules = &memory.report.run.rules;
    for count in [&rules.must, &rules.should] {
        assert_eq!((count.covered, &count.missed), (count.total, &Vec::new()), "{rules:?}");
    }
    let tcp = quiet(shipped(), &RunOptions { over: Over::Tcp, ..RunOptions::default() });
    assert_eq!(bad(&tcp), Vec::<String>::new());
    let ran = |verdicts: BTreeMap<String, Verdict>| -> BTreeMap<String, Verdict> {
        verdicts.into_iter().filter(|(_, verdict)| *verdict != Verdict::Skipped).collect()
    };
    let (memory, tcp) = (ran(verdicts(&memory)), ran(verdicts(&tcp)));
    let both: Vec<&String> = memory.keys().filter(|id| tcp.contains_key(*id)).collect();
    assert!(both.len() > 40, "most scenarios run both ways, not only {}", both.len());
    for id in both {
        assert_eq!(memory[id], tcp[id], "{id}");
    }
}

#[test]
fn conformance_holds_at_the_release_too() {
    let conformance = |plan: &Plan| plan.scenario.tags.iter().any(|tag| tag == "conformance");
    let plans: Vec<Plan> = shipped().into_iter().filter(conformance).collect();
    let old = quiet(plans, &RunOptions { spec: Version::V1_1, ..RunOptions::default() });
    let bad: Vec<_> = old.report.scenarios.iter().filter(|one| one.verdict == Verdict::Failed).map(shown).collect();
    assert_eq!(bad, Vec::<String>::new());
    let newer = |reason: &Option<String>| reason.as_ref().is_some_and(|reason| reason.contains("version 1.1"));
    assert!(old.report.scenarios.iter().any(|one| one.verdict == Verdict::Skipped && newer(&one.reason)));
    assert!(old.report.run.rules.must.missed.is_empty(), "{:?}", old.report.run.rules);
}

/// All of them are looked for by `shakedown selftest`, which wants an optimised build; here a sample shows that they are found.
#[test]
fn seeded_defects_are_caught_and_runs_repeat() {
    let all = shipped();
    let sample: Vec<String> =
        shakedown_registry::defects::ALL.iter().step_by(16).map(|one| one.id.to_owned()).collect();
    let count = sample.len();
    let system = SystemChoice::Reference { defects: sample, allowed: Vec::new() };
    let result = selftest(&all, &RunOptions { system, ..RunOptions::default() }, Thoroughness::UntilCaught, |_| {});
    let missed: Vec<_> = result.rows.iter().filter(|row| row.caught_by.is_empty()).map(|row| row.id.as_str()).collect();
    assert_eq!((missed, result.rows.len()), (Vec::new(), count));
    assert!(result.complete, "nothing may fail without a defect: {:?}", result.ending);
    // The run without defects once more, in another order of events: equal but for the wall clock.
    let again = quiet(all, &RunOptions { jobs: 1, ..RunOptions::default() });
    for (mut first, mut second) in result.clean.into_iter().zip(again.report.scenarios) {
        (first.wall_us, second.wall_us) = (0, 0);
        assert_eq!(first, second);
    }
}
