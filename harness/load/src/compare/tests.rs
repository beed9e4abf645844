//! Twenty repetitions each: what is slower is called so, and what is not is not. The samples are made, so the tests cost nothing.

use std::collections::BTreeMap;

use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shakedown_reports::bench::{BENCH_SCHEMA, BenchRun, OperationReport, StorageUse};

use super::*;

const ROUNDS: usize = 10;

/// Rounds of a machine with so much noise of its own for each round, and so much that two neighbouring rounds share.
fn systems(rng: &mut ChaCha8Rng, factor: f64, own: f64, shared: f64) -> [SystemReport; 2] {
    let mut rounds = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        let weather = 1.0 + shared * rng.random_range(-1.0..1.0);
        for (side, factor) in [(0, factor), (1, 1.0)] {
            let mean_us = 1000.0 * factor * weather * (1.0 + own * rng.random_range(-1.0..1.0));
            let wall_us = (mean_us * 500.0) as u64;
            rounds[side].push(Round { count: 500, wall_us, mean_us, p99_us: 3000, ..Round::default() });
        }
    }
    rounds.map(|rounds| SystemReport { name: "x".into(), rounds, ..SystemReport::default() })
}

fn report(systems: Vec<SystemReport>) -> BenchReport {
    let (id, title, model) = ("load".to_owned(), String::new(), String::new());
    let load = LoadReport { id, title, model, interval_us: 1, stable_after: None, systems, goals: Vec::new() };
    BenchReport { schema: BENCH_SCHEMA.into(), run: BenchRun::default(), loads: vec![load] }
}

fn mean_time(comparison: &Comparison) -> Judgement {
    comparison.rows.iter().find(|row| row.metric == "mean time").unwrap().judgement
}

#[test]
fn ten_percent_more_time_is_a_regression_twenty_times_and_the_same_build_never() {
    for seed in 0..20 {
        for (factor, regressed) in [(1.1, true), (1.0, false)] {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let [after, before] = systems(&mut rng, factor, 0.02, 0.2);
            let comparison = compare(Sides::Interleaved(&report(vec![after, before])), 0.03).unwrap();
            assert_eq!(comparison.regressions().count() > 0, regressed, "seed {seed}: {:?}", comparison.rows);
            assert_eq!(mean_time(&comparison) == Judgement::Regressed, regressed);
        }
    }
}

/// Rounds on a machine that others use: neighbouring rounds are alike, each has noise of its own, and one in twenty is hit by something else.
/// Who goes first changes each time.
fn on_a_busy_machine(rng: &mut ChaCha8Rng, factor: f64, rounds: usize) -> [SystemReport; 2] {
    let normal = |rng: &mut ChaCha8Rng| (0..12).map(|_| rng.random_range(0.0..1.0)).sum::<f64>() - 6.0;
    let mut measured = [Vec::new(), Vec::new()];
    let mut weather = 0.0;
    for round in 0..rounds {
        let order = if round % 2 == 0 { [(0, factor), (1, 1.0)] } else { [(1, 1.0), (0, factor)] };
        for (side, factor) in order {
            weather = 0.9 * weather + 0.03 * normal(rng);
            let hit = if rng.random_range(0.0..1.0) < 0.05 { rng.random_range(1.3..4.0) } else { 1.0 };
            let mean_us = 1000.0 * factor * hit * f64::exp(weather + 0.05 * normal(rng));
            let wall_us = (mean_us * 500.0) as u64;
            measured[side].push(Round { count: 500, wall_us, mean_us, p99_us: 3000, ..Round::default() });
        }
    }
    measured.map(|rounds| SystemReport { name: "x".into(), rounds, ..SystemReport::default() })
}

#[test]
fn ten_percent_are_found_on_a_busy_machine_and_the_same_build_is_not_accused() {
    let regressed = |factor: f64, rounds: usize| {
        let of = |seed: u64| {
            let [after, before] = on_a_busy_machine(&mut ChaCha8Rng::seed_from_u64(seed), factor, rounds);
            let comparison = compare(Sides::Interleaved(&report(vec![after, before])), 0.03).unwrap();
            comparison.regressions().count() > 0
        };
        (0..40).filter(|seed| of(*seed)).count()
    };
    let (same, faster, slower) = (regressed(1.0, 60), regressed(0.95, 60), regressed(1.1, 60));
    assert_eq!((same, faster), (0, 0));
    assert!(slower >= 38, "{slower} of 40");
    // Few rounds accuse nobody either; they find less.
    assert!(regressed(1.0, 8) <= 1);
    assert_eq!(regressed(1.0, 7) + regressed(2.0, 7), 0, "too few to say anything");
}

/// A machine on which each side now and then gets only half of the processor, for a second or two and not at the same time.
fn on_a_machine_with_moods(rng: &mut ChaCha8Rng, rounds: usize) -> [SystemReport; 2] {
    let mut measured = [Vec::new(), Vec::new()];
    let mut slow = [false, true];
    for _ in 0..rounds {
        for side in 0..2 {
            slow[side] ^= rng.random_range(0.0..1.0) < 0.05;
            let mean_us = if slow[side] { 2000.0 } else { 1000.0 } * rng.random_range(0.95..1.05);
            let wall_us = (mean_us * 500.0) as u64;
            measured[side].push(Round { count: 500, wall_us, mean_us, p99_us: 3000, ..Round::default() });
        }
    }
    measured.map(|rounds| SystemReport { name: "x".into(), rounds, ..SystemReport::default() })
}

#[test]
fn moods_of_the_machine_accuse_hardly_anybody() {
    let regressed = (0..50).filter(|seed| {
        let [after, before] = on_a_machine_with_moods(&mut ChaCha8Rng::seed_from_u64(*seed), 60);
        let comparison = compare(Sides::Interleaved(&report(vec![after, before])), 0.03).unwrap();
        comparison.regressions().count() > 0
    });
    // Every sixth one, where each round counts for itself.
    let regressed = regressed.count();
    assert!(regressed <= 3, "{regressed} of 50");
}

#[test]
fn what_got_faster_is_called_improved() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let [after, before] = systems(&mut rng, 0.8, 0.01, 0.1);
    let comparison = compare(Sides::Interleaved(&report(vec![after, before])), 0.03).unwrap();
    assert!(
        comparison.rows.iter().filter(|row| row.gates && !row.exact).all(|row| row.judgement == Judgement::Improved)
    );
}

#[test]
fn a_noisy_machine_says_how_much_more_it_needs_and_then_tells() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let [after, before] = systems(&mut rng, 1.1, 0.25, 0.0);
    let comparison = compare(Sides::Interleaved(&report(vec![after.clone(), before.clone()])), 0.03).unwrap();
    let Judgement::CannotTell { more_rounds } = mean_time(&comparison) else { panic!("{:?}", comparison.rows) };
    assert!((10..2000).contains(&more_rounds), "{more_rounds}");
    let (mut slow, mut fast) = (after, before);
    for _ in 0..more_rounds.div_ceil(ROUNDS as u64) {
        let [after, before] = systems(&mut rng, 1.1, 0.25, 0.0);
        slow.rounds.extend(after.rounds);
        fast.rounds.extend(before.rounds);
    }
    let comparison = compare(Sides::Interleaved(&report(vec![slow, fast])), 0.03).unwrap();
    assert_eq!(mean_time(&comparison), Judgement::Regressed);
}

#[test]
fn one_more_storage_request_is_a_regression_without_any_noise() {
    let with = |requests: u64| {
        let operations =
            BTreeMap::from([("push-blob".to_owned(), OperationReport { count: 100, ..Default::default() })]);
        let storage = Some(StorageUse { requests, ..StorageUse::default() });
        SystemReport { name: "x".into(), operations, storage, ..SystemReport::default() }
    };
    for (requests, expected) in [
        (1000, Judgement::Regressed),
        (903, Judgement::Unchanged),
        (900, Judgement::Unchanged),
        (800, Judgement::Improved),
    ] {
        let comparison = compare(Sides::Interleaved(&report(vec![with(requests), with(900)])), 0.03).unwrap();
        let row = comparison.rows.iter().find(|row| row.metric == "storage requests per operation").unwrap();
        assert_eq!((row.judgement, row.exact, row.gates), (expected, true, true));
        assert_eq!(comparison.regressions().count(), usize::from(expected == Judgement::Regressed));
    }
}

#[test]
fn a_limit_is_not_compared_with() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let [slow, limit] = systems(&mut rng, 2.0, 0.0, 0.0);
    let limit = SystemReport { name: LIMIT.into(), ..limit };
    let alone = report(vec![slow.clone(), limit.clone()]);
    assert!(!took_turns(&alone));
    assert_eq!(compare(Sides::Interleaved(&alone), 0.03), Err(CompareError::OneSystem));
    let three = report(vec![slow.clone(), limit, slow]);
    assert!(took_turns(&three));
    assert_eq!(mean_time(&compare(Sides::Interleaved(&three), 0.03).unwrap()), Judgement::Unchanged);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let [one, other] = systems(&mut rng, 1.0, 0.0, 0.0);
    let (mut a, b) = (report(vec![one]), report(vec![other]));
    assert_eq!(compare(Sides::Interleaved(&a), 0.03), Err(CompareError::OneSystem));
    assert_eq!(mean_time(&compare(Sides::Apart { before: &a, after: &b }, 0.03).unwrap()), Judgement::Unchanged);
    a.loads[0].model = "2 workers".into();
    assert!(matches!(compare(Sides::Apart { before: &a, after: &b }, 0.03), Err(CompareError::OtherModel { .. })));
    a.loads[0].id = "other".into();
    assert_eq!(compare(Sides::Apart { before: &a, after: &b }, 0.03), Err(CompareError::NothingInCommon));
}
