//! The page of a measurement: what it shows, that nothing in it is markup of a peer, and its bounds.

use std::collections::BTreeMap;

use super::*;
use crate::bench::{
    BenchRun, Bound, GoalReport, GoalUnit, GoalVerdict, Judgement, OperationReport, Point, Round, Row, SystemReport,
    Times,
};

fn times(least: u64) -> Times {
    let buckets: Vec<(u64, u64)> = (0..40).map(|step| (least + step * step * 20, 40 - step)).collect();
    let max_us = buckets.last().unwrap().0;
    Times { mean_us: 5e3, p50_us: least, p90_us: 9000, p99_us: max_us, p999_us: max_us, max_us, buckets }
}

fn system(name: &str, least: u64) -> SystemReport {
    let point = |number: u64| Point { count: 40 + number * 7 % 13, bytes: 40_960, errors: u64::from(number == 9) };
    let operation =
        OperationReport { count: 820, errors: 1, bytes: 820 << 10, latency: times(least), ..Default::default() };
    SystemReport {
        name: name.to_owned(),
        version: Some("1.0".to_owned()),
        operations: BTreeMap::from([("push-blob".to_owned(), operation)]),
        rounds: vec![Round { count: 820, wall_us: 4_900_000, ..Round::default() }],
        timeline: (0..20).map(point).collect(),
        faults: BTreeMap::from([("comes 10 ms late".to_owned(), vec![0, 0, 0, 0, 5, 6, 7, 0, 0, 1])]),
        ..SystemReport::default()
    }
}

fn goal() -> GoalReport {
    GoalReport {
        metric: "operations-per-second".to_owned(),
        unit: GoalUnit::PerSecond,
        bound: Bound::AtLeast,
        goal: 6.0,
        times: Some("distribution-2.8".to_owned()),
        set_for: None,
        measured: Some(167.3),
        other: Some(167.3),
        ratio: Some(1.0),
        verdict: GoalVerdict::Missed,
    }
}

fn report() -> BenchReport {
    let load = LoadReport {
        id: "small-pushes".to_owned(),
        title: "Small pushes".to_owned(),
        model: "16 workers".to_owned(),
        interval_us: 250_000,
        stable_after: None,
        systems: vec![system("reference", 400), system("distribution-2.8", 900)],
        goals: vec![goal()],
    };
    let command = "shakedown bench small-pushes --against distribution-2.8".to_owned();
    let started = "2026-01-01T00:00:00Z".to_owned();
    let run = BenchRun { version: "0.1.0".to_owned(), started, seed: 1, cores: 2, command, ..BenchRun::default() };
    BenchReport { schema: crate::bench::BENCH_SCHEMA.to_owned(), run, loads: vec![load] }
}

fn row(metric: &str, ratio: f64, judgement: Judgement) -> Row {
    Row {
        load: "small-pushes".to_owned(),
        metric: metric.to_owned(),
        unit: "us".to_owned(),
        before: 100.0,
        after: 100.0 * ratio,
        ratio,
        low: ratio - 0.05,
        high: ratio + 0.05,
        noise: 0.02,
        rounds: 10,
        gates: true,
        exact: false,
        judgement,
    }
}

fn compared_with(rows: Vec<Row>) -> Comparison {
    let (before, after) = ("distribution-2.8 1.0".to_owned(), "reference 1.0".to_owned());
    let schema = crate::bench::COMPARISON_SCHEMA.to_owned();
    Comparison { schema, before, after, interleaved: true, threshold: 0.03, confidence: 0.99, rows }
}

fn every_judgement() -> Comparison {
    compared_with(vec![
        row("operations per second", 0.8, Judgement::Regressed),
        row("mean time", 0.7, Judgement::Improved),
        row("p99", 1.01, Judgement::Unchanged),
        row("CPU per operation", 1.02, Judgement::CannotTell { more_rounds: 12 }),
    ])
}

#[test]
fn the_page_of_two_systems_that_took_turns() {
    let page = bench(&report(), Some(&every_judgement())).replace(STYLE, "(style)");
    let page = page.replace(&allowed(STYLE).replace('\'', "&#39;"), "(hash)");
    insta::assert_snapshot!(page);
}

#[test]
fn a_missed_goal_is_in_the_headline_unless_something_worse_is() {
    let mut report = report();
    let headline = |report: &BenchReport, comparison: Option<&Comparison>| {
        let page = bench(report, comparison);
        page.split_once("<title>").unwrap().1.split_once(':').unwrap().0.to_owned()
    };
    let unchanged = compared_with(vec![row("mean time", 1.0, Judgement::Unchanged)]);
    assert_eq!(headline(&report, None), "errors");
    assert_eq!(headline(&report, Some(&unchanged)), "goals missed");
    assert_eq!(headline(&report, Some(&every_judgement())), "regressed");
    let operations = report.loads[0].systems.iter_mut().flat_map(|system| system.operations.values_mut());
    operations.for_each(|operation| operation.errors = 0);
    assert_eq!(headline(&report, None), "goals missed");
    report.loads[0].goals[0].verdict = GoalVerdict::Met;
    assert_eq!(headline(&report, Some(&unchanged)), "no regression");
    assert_eq!(headline(&report, None), "measured");
    report.loads[0].goals.clear();
    assert!(!bench(&report, None).contains("Are the goals met?"));
}

#[test]
fn a_fault_is_a_band_where_it_struck_and_nowhere_else() {
    let mut report = report();
    let page = bench(&report, None);
    // Two stretches on each of two systems, in both charts over time.
    assert_eq!(page.matches("<g class=\"band\">").count(), 2 * 2 * 2);
    assert!(page.contains("comes 10 ms late; it struck 19 times between 1.00 s and 2.50 s in 2 parts"), "{page}");
    report.loads[0].systems.iter_mut().for_each(|system| system.faults.clear());
    let page = bench(&report, None);
    assert!(!page.contains("class=\"band\"") && !page.contains("faults strike"));
}

#[test]
fn the_last_part_of_an_interval_is_no_fall() {
    let mut report = report();
    let system = &mut report.loads[0].systems[0];
    system.timeline = vec![Point { count: 100, ..Point::default() }; 3];
    system.timeline.push(Point { count: 60, ..Point::default() });
    system.rounds[0].wall_us = 900_000;
    let page = bench(&report, None);
    assert!(page.contains("at least 400/s, at most 400/s"), "{page}");
}

#[test]
fn what_a_file_says_is_text_wherever_it_stands() {
    let evil = "</style></svg><script>alert(1)</script><b a='\" onload=x>\u{0}\u{1b}[2J";
    let mut report = report();
    let mut comparison = every_judgement();
    report.run.command = evil.to_owned();
    report.run.version = evil.to_owned();
    for load in &mut report.loads {
        (load.id, load.title, load.model) = (evil.to_owned(), evil.to_owned(), evil.to_owned());
        for goal in &mut load.goals {
            (goal.metric, goal.times) = (evil.to_owned(), Some(evil.to_owned()));
            goal.verdict = GoalVerdict::NotMeasured { why: evil.to_owned() };
        }
        for system in &mut load.systems {
            (system.name, system.version) = (evil.to_owned(), Some(evil.to_owned()));
            system.faults = BTreeMap::from([(evil.to_owned(), vec![1, 2])]);
            system.errors = BTreeMap::from([(evil.to_owned(), 3)]);
            let operation = system.operations.remove("push-blob").unwrap();
            system.operations.insert(evil.to_owned(), operation);
        }
    }
    comparison.before = evil.to_owned();
    comparison.rows[0].metric = evil.to_owned();
    comparison.rows[0].load = evil.to_owned();
    let page = bench(&report, Some(&comparison));
    assert!(!page.contains("<script") && !page.contains("<b a=") && !page.contains(['\u{0}', '\u{1b}']));
    assert_eq!(page.matches("</style").count(), 1);
    let svgs = page.matches("<svg").count();
    assert_eq!(page.matches("</svg").count(), svgs);
}

#[test]
fn odd_numbers_and_long_loads_make_a_small_page_without_nonsense() {
    let mut report = report();
    let system = &mut report.loads[0].systems[0];
    system.timeline = vec![Point { count: u64::MAX >> 12, bytes: 0, errors: 1 }; 20_000];
    system.faults.insert("now and then".to_owned(), (0..20_000).map(|at| at % 2).collect());
    system.operations.get_mut("push-blob").unwrap().latency = Times { buckets: vec![(7, 1)], ..Times::default() };
    report.loads[0].systems[1] = SystemReport { name: "nothing".to_owned(), ..SystemReport::default() };
    let mut rows =
        vec![row("zero", f64::NAN, Judgement::Unchanged), row("endless", f64::INFINITY, Judgement::Regressed)];
    rows.extend((0..500).map(|_| row("many", 1e9, Judgement::Regressed)));
    let page = bench(&report, Some(&compared_with(rows)));
    assert!(page.len() < 1 << 20, "{} bytes", page.len());
    let numbers = page.split(['"', '>', '<']).filter(|part| part.starts_with('M') && part.contains(' '));
    assert!(numbers.into_iter().all(|path| !path.contains("NaN") && !path.contains("inf")), "{page}");
    report.loads.iter_mut().for_each(|load| load.goals.clear());
    let empty = BenchReport { schema: String::new(), run: BenchRun::default(), loads: Vec::new() };
    assert!(bench(&empty, None).contains("measured"));
}
