//! Goals as they are written, refused, met and missed, on measurements that are made up.

use std::collections::BTreeMap;

use shakedown_reports::bench::{OperationReport, Resources, StorageUse};

use super::*;
use crate::file::LoadFile;

fn file(goals: &str) -> Result<LoadFile, String> {
    let text =
        format!("title: x\ncount: 1\nworkers: 16\noperations: [{{ push-blob: {{ size: 1KiB }} }}]\ngoals: [{goals}]");
    serde_saphyr::from_str::<LoadFile>(&text).map_err(|error| error.to_string())
}

/// What one goal makes of these systems.
fn of(goal: &str, systems: &[SystemReport]) -> GoalReport {
    let file = file(goal).unwrap();
    assert_eq!(file.problems(), Vec::<String>::new(), "{goal}");
    judged(file.goals[0].unjudged().unwrap(), systems)
}

/// 100 operations of 1 KiB in each of some rounds, which took so long, with so many requests to the storage in all.
fn system(name: &str, rounds_us: &[u64], requests: u64) -> SystemReport {
    let rounds: Vec<Round> =
        rounds_us.iter().map(|&wall_us| Round { count: 100, bytes: 100 << 10, wall_us, ..Round::default() }).collect();
    let count = rounds.len() as u64 * 100;
    let operation = OperationReport { count, bytes: count << 10, ..OperationReport::default() };
    SystemReport {
        name: name.to_owned(),
        operations: BTreeMap::from([("push-blob".to_owned(), operation)]),
        rounds,
        storage: Some(StorageUse { requests, bytes_in: count * 2000, bytes_out: count * 500, ..StorageUse::default() }),
        resources: Some(Resources { cpu_us: 1, peak_bytes: 50 << 20 }),
        ..SystemReport::default()
    }
}

fn missed(goal: &GoalReport) -> bool {
    match goal.verdict {
        GoalVerdict::Met => false,
        GoalVerdict::Missed => true,
        _ => panic!("{goal:?}"),
    }
}

#[test]
fn goals_are_checked() {
    for (goal, word) in [
        ("{ metric: storage-requests }", "either `at-most` or `at-least`"),
        ("{ metric: storage-requests, at-most: 9, at-least: 1 }", "either `at-most` or `at-least`"),
        ("{ metric: storage-requests, at-most: 0 }", "more than 0"),
        ("{ metric: storage-requests, at-most: -1 }", "more than 0"),
        ("{ metric: peak-memory, at-most: 0B }", "more than 0"),
        ("{ metric: peak-memory, at-most: 80 }", "write a size"),
        ("{ metric: storage-requests, at-most: 9KiB }", "write a number"),
        ("{ metric: bytes-per-second, at-least: 80MiB, times: limit }", "write a factor"),
        ("{ metric: bytes-per-second, at-least: 0.8, times: '' }", "names a system"),
    ] {
        let problems = file(goal).unwrap().problems().join("; ");
        assert!(problems.contains(word), "{goal}: {problems}");
    }
    for (goal, word) in [
        ("{ metric: storage-request, at-most: 9 }", "only storage-requests, storage-bytes-in"),
        ("{ metric: storage-requests, at-most: few }", "a number such as `9`"),
        ("{ metric: storage-requests, most: 9 }", "most"),
        ("{ metric: operations-per-second, at-least: .nan }", "non-finite"),
        ("{ metric: operations-per-second, at-least: .inf }", "non-finite"),
    ] {
        let error = file(goal).unwrap_err();
        assert!(error.contains(word), "{goal}: {error}");
    }
}

#[test]
fn counts_are_met_and_missed_by_one_request_and_not_by_looks_in_the_background() {
    let requests = "{ metric: storage-requests, at-most: 9 }";
    for (requests_in_all, expected) in [(2700, false), (2703, false), (3000, true), (2400, false)] {
        let goal = of(requests, &[system("reference", &[1000; 3], requests_in_all)]);
        assert_eq!(missed(&goal), expected, "{goal:?}");
    }
    let goal = of(requests, &[system("reference", &[1000; 3], 2400)]);
    assert_eq!((goal.measured, goal.other), (Some(8.0), None));
    assert!((goal.ratio.unwrap() - 8.0 / 9.0).abs() < 1e-9);
}

#[test]
fn every_metric_is_met_and_missed() {
    // 100 operations of 1 KiB in 100 ms.
    let systems = [system("reference", &[100_000; 3], 900)];
    for (metric, met, not) in [
        ("storage-requests", "at-most: 3", "at-most: 2"),
        ("storage-bytes-in", "at-most: 2000B", "at-most: 1999B"),
        ("storage-bytes-out", "at-least: 500B", "at-least: 501B"),
        ("operations-per-second", "at-least: 1000", "at-least: 1001"),
        ("bytes-per-second", "at-least: 1000KiB", "at-least: 1001KiB"),
        ("peak-memory", "at-most: 50MiB", "at-most: 49MiB"),
    ] {
        assert!(METRICS.iter().any(|known| known.name == metric));
        for (bound, expected) in [(met, false), (not, true)] {
            let goal = of(&format!("{{ metric: {metric}, {bound} }}"), &systems);
            assert_eq!(missed(&goal), expected, "{goal:?}");
        }
    }
    assert_eq!(METRICS.len(), 6, "each metric is in this test");
}

#[test]
fn a_ratio_is_that_of_pairs_of_rounds() {
    let rate = "{ metric: operations-per-second, at-least: 6, times: distribution-2.8 }";
    let with = |own: &[u64], other: &[u64]| {
        [system("reference", own, 0), system("limit", &[1; 3], 0), system("distribution-2.8", other, 0)]
    };
    // A machine that gets half as fast, and one round in which it did something else.
    let goal = of(rate, &with(&[100, 200, 2000], &[650, 1300, 650]));
    assert!(!missed(&goal) && (goal.ratio.unwrap() - 6.5).abs() < 1e-9, "{goal:?}");
    assert!(goal.other.unwrap() > 0.0);
    assert!(missed(&of(rate, &with(&[100, 200, 400], &[590, 1180, 2360]))));
    // Counts have no weather: they are taken in all.
    let requests = "{ metric: storage-requests, at-most: 0.5, times: distribution-2.8 }";
    let two = |own: u64, other: u64| [system("reference", &[1], own), system("distribution-2.8", &[1], other)];
    assert!(!missed(&of(requests, &two(800, 1600))));
    assert!(missed(&of(requests, &two(801, 1600))));
}

#[test]
fn what_is_not_measured_says_why_and_what_to_do() {
    let told = |goal: &str, systems: &[SystemReport]| of(goal, systems).verdict.to_string();
    let rate = "{ metric: operations-per-second, at-least: 6, times: distribution-2.8 }";
    let own = || system("reference", &[1000; 3], 900);
    assert_eq!(told(rate, &[own()]), "not measured here: add --against distribution-2.8");
    assert!(told(rate, &[system("distribution-2.8", &[1], 1), own()]).contains("distribution-2.8 itself"));
    let mut idle = system("distribution-2.8", &[1000; 3], 900);
    idle.rounds.iter_mut().for_each(|round| round.count = 0);
    assert!(told(rate, &[own(), idle]).contains("in no round both"));
    let blind = SystemReport { storage: None, resources: None, ..own() };
    let requests = "{ metric: storage-requests, at-most: 9 }";
    assert!(told(requests, std::slice::from_ref(&blind)).starts_with("cannot be seen here: only the storage"));
    assert!(told("{ metric: peak-memory, at-most: 1MiB }", &[blind]).starts_with("cannot be seen here: only the mem"));
    assert!(told(requests, &[SystemReport::default()]).contains("no operation went well"));
}

#[test]
fn goals_for_sixteen_workers_say_nothing_of_two() {
    let goals = "{ metric: storage-requests, at-most: 9 }, { metric: operations-per-second, at-least: 1 }";
    let systems = [system("reference", &[1000; 3], 900)];
    let verdicts = |file: &LoadFile| -> Vec<String> {
        file.goals.iter().map(|goal| judged(goal.unjudged().unwrap(), &systems).verdict.to_string()).collect()
    };
    let mut file = file(goals).unwrap();
    file.make_by(Some(16), Some(0.0));
    assert_eq!(verdicts(&file), ["met", "met"]);
    file.make_by(Some(2), None);
    let other = "not measured here: it is set for 16 workers: leave --workers and --rate away";
    assert_eq!((file.workers, verdicts(&file)), (2, vec!["met".to_owned(), other.to_owned()]));
}
