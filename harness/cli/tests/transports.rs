//! The same scenarios give the same verdicts in memory and over TCP, and the same report twice.

use shakedown_cli::library::{self, Selection};
use shakedown_engine::{Over, RunOptions};
use shakedown_reports::{Report, Verdict};
use shakedown_scenario::Plan;

fn plans() -> Vec<Plan> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::env::set_current_dir(root).expect("the workspace root exists");
    let loaded = library::load(&Selection::default()).unwrap_or_else(|failure| panic!("{}", failure.message));
    assert!(loaded.problems.is_empty(), "{}", shakedown_scenario::render(&loaded.problems, false));
    loaded.plans
}

fn run(over: Over, jobs: usize) -> Report {
    shakedown_engine::run(plans(), RunOptions { over, jobs, ..RunOptions::default() }, |_| {}).report
}

/// Every step's and check's verdict, for the scenarios that both transports can run.
fn verdicts(report: &Report) -> Vec<(String, Verdict, Vec<(String, Verdict)>)> {
    let scenarios = report.scenarios.iter();
    scenarios
        .map(|scenario| {
            let steps = scenario.steps.iter().map(|step| (step.title.clone(), step.verdict)).collect();
            (scenario.id.clone(), scenario.verdict, steps)
        })
        .collect()
}

#[test]
fn memory_and_tcp_agree() {
    // Over TCP the delays of the scenarios are real: many at a time, because they mostly wait.
    let (memory, tcp) = (run(Over::Memory, 0), run(Over::Tcp, 32));
    let (memory, tcp) = (verdicts(&memory), verdicts(&tcp));
    let both = memory.iter().zip(&tcp).filter(|(a, b)| a.1 != Verdict::Skipped && b.1 != Verdict::Skipped);
    let mut compared = 0;
    for (in_memory, over_tcp) in both {
        assert_eq!(in_memory, over_tcp);
        compared += 1;
    }
    assert!(compared > 30, "only {compared} scenarios ran over both");
    let ran_nowhere: Vec<_> =
        memory.iter().zip(&tcp).filter(|(a, b)| a.1 == Verdict::Skipped && b.1 == Verdict::Skipped).map(|(a, _)| &a.0).collect();
    assert!(ran_nowhere.is_empty(), "skipped over both transports: {ran_nowhere:?}");
}

#[test]
fn one_seed_gives_one_report() {
    let (first, second) = (run(Over::Memory, 0), run(Over::Memory, 1));
    assert_eq!(first.without_wall_clock(), second.without_wall_clock());
}
