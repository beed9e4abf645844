//! Joins the parts of a load that was spread over several machines: counts and histograms add up exactly.

use std::collections::BTreeMap;

use shakedown_reports::bench::{
    BenchReport, GoalReport, GoalVerdict, LoadReport, OperationReport, Point, Resources, Round, SystemReport, Times,
};

use crate::goals;
use crate::run;
use crate::tally::Timing;

/// Why parts cannot be joined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// Nothing to join.
    #[error("there is nothing to merge: give the reports of all parts")]
    Nothing,
    /// They are not parts of one run.
    #[error("these are not parts of one run: {0}")]
    Foreign(String),
}

/// Joins reports of the same loads and systems.
///
/// # Errors
/// They do not belong together.
pub fn merge(parts: Vec<BenchReport>) -> Result<BenchReport, MergeError> {
    check(&parts)?;
    let mut parts = parts.into_iter();
    let mut whole = parts.next().ok_or(MergeError::Nothing)?;
    if let Some(shard) = whole.run.shard.take() {
        // What repeats one part is without it what repeats the whole.
        whole.run.command = whole.run.command.replace(&format!(" --shard {shard}"), "");
    }
    for part in parts {
        whole.run.interrupted |= part.run.interrupted;
        whole.run.optimised &= part.run.optimised;
        // The parts ran at the same time.
        whole.run.wall_us = whole.run.wall_us.max(part.run.wall_us);
        whole.run.started = whole.run.started.min(part.run.started);
        for (load, more) in whole.loads.iter_mut().zip(part.loads) {
            join_load(load, more);
            load.stable_after = None;
        }
    }
    for load in &mut whole.loads {
        // What the parts made of a goal does not add up; what they measured does.
        let goals = std::mem::take(&mut load.goals);
        load.goals = goals.into_iter().map(|goal| goals::judged(goal, &load.systems)).collect();
    }
    Ok(whole)
}

fn check(parts: &[BenchReport]) -> Result<(), MergeError> {
    let Some(first) = parts.first() else { return Err(MergeError::Nothing) };
    let names = |report: &BenchReport| -> Vec<(String, Vec<String>)> {
        let systems = |load: &LoadReport| load.systems.iter().map(|system| system.name.clone()).collect();
        report.loads.iter().map(|load| (load.id.clone(), systems(load))).collect()
    };
    let mut shards = BTreeMap::new();
    for part in parts {
        let Some(shard) = &part.run.shard else {
            return Err(MergeError::Foreign("one of them is a whole run, without --shard".into()));
        };
        if part.run.seed != first.run.seed {
            return Err(MergeError::Foreign(format!("seeds {} and {}", first.run.seed, part.run.seed)));
        }
        if names(part) != names(first) {
            return Err(MergeError::Foreign("they hold other loads or systems".into()));
        }
        if aims(part) != aims(first) {
            return Err(MergeError::Foreign("their loads have other goals".into()));
        }
        if shards.insert(shard.clone(), ()).is_some() {
            return Err(MergeError::Foreign(format!("part {shard} is there twice")));
        }
    }
    let of = |shard: &str| shard.split_once('/').and_then(|(_, of)| of.parse::<usize>().ok());
    match first.run.shard.as_deref().and_then(of) {
        Some(of) if shards.len() == of && shards.keys().all(|shard| shard.ends_with(&format!("/{of}"))) => Ok(()),
        of => {
            let wanted = of.unwrap_or_default();
            Err(MergeError::Foreign(format!("{} of {wanted} parts are here", shards.len())))
        }
    }
}

/// The goals without what was measured.
fn aims(report: &BenchReport) -> Vec<GoalReport> {
    let aim = |goal: &GoalReport| {
        let (measured, other, ratio, verdict) = (None, None, None, GoalVerdict::Met);
        GoalReport { measured, other, ratio, verdict, ..goal.clone() }
    };
    report.goals().map(|(_, goal)| aim(goal)).collect()
}

fn join_load(load: &mut LoadReport, more: LoadReport) {
    for (system, more) in load.systems.iter_mut().zip(more.systems) {
        join_system(system, more);
    }
}

fn join_system(system: &mut SystemReport, more: SystemReport) {
    for (kind, operation) in more.operations {
        join_operation(system.operations.entry(kind).or_default(), &operation);
    }
    for (cause, count) in more.errors {
        *system.errors.entry(cause).or_default() += count;
    }
    system.abandoned += more.abandoned;
    system.rounds = longer(&system.rounds, &more.rounds).map(|(a, b)| join_round(a, b)).collect();
    system.timeline = longer(&system.timeline, &more.timeline).map(|(a, b)| join_point(a, b)).collect();
    for (fault, counts) in more.faults {
        let own = system.faults.entry(fault).or_default();
        *own = longer(own, &counts).map(|(one, other)| one + other).collect();
    }
    if let Some(storage) = &more.storage {
        run::add(system.storage.get_or_insert_default(), storage);
    }
    if let Some(read_back) = more.verification {
        let total = system.verification.get_or_insert_default();
        total.verified += read_back.verified;
        total.unverified += read_back.unverified;
        read_back.lost.into_iter().for_each(|(cause, count)| *total.lost.entry(cause).or_default() += count);
        total.named.extend(read_back.named);
    }
    if let Some(resources) = more.resources {
        let total = system.resources.get_or_insert(Resources::default());
        total.cpu_us += resources.cpu_us;
        total.peak_bytes = total.peak_bytes.max(resources.peak_bytes);
    }
}

/// Both lists side by side, to the end of the longer one.
fn longer<'a, T: Clone + Default>(one: &'a [T], other: &'a [T]) -> impl Iterator<Item = (T, T)> + 'a {
    let at = |list: &[T], index: usize| list.get(index).cloned().unwrap_or_default();
    (0..one.len().max(other.len())).map(move |index| (at(one, index), at(other, index)))
}

fn join_operation(operation: &mut OperationReport, more: &OperationReport) {
    operation.count += more.count;
    operation.errors += more.errors;
    operation.bytes += more.bytes;
    operation.latency = join_times(&operation.latency, &more.latency);
    if let Some(more) = &more.unpacking {
        let own = operation.unpacking.get_or_insert_default();
        own.transfer = join_times(&own.transfer, &more.transfer);
        own.work = join_times(&own.work, &more.work);
        own.bytes += more.bytes;
    }
    if let Some(times) = &more.first_byte {
        operation.first_byte = Some(join_times(operation.first_byte.as_ref().unwrap_or(&Times::default()), times));
    }
}

fn join_times(one: &Times, other: &Times) -> Times {
    let mut timing = Timing::new();
    timing.add_times(one);
    timing.add_times(other);
    timing.times()
}

fn join_round(one: Round, other: Round) -> Round {
    let count = one.count + other.count;
    let weighed = one.mean_us * one.count as f64 + other.mean_us * other.count as f64;
    let both = |one: Option<u64>, other: Option<u64>| one.zip(other).map(|(one, other)| one + other).or(one).or(other);
    Round {
        count,
        errors: one.errors + other.errors,
        bytes: one.bytes + other.bytes,
        wall_us: one.wall_us.max(other.wall_us),
        mean_us: if count == 0 { 0.0 } else { weighed / count as f64 },
        // Percentiles do not add up; the slower part bounds them.
        p50_us: one.p50_us.max(other.p50_us),
        p99_us: one.p99_us.max(other.p99_us),
        cpu_us: both(one.cpu_us, other.cpu_us),
        storage_requests: both(one.storage_requests, other.storage_requests),
    }
}

fn join_point(one: Point, other: Point) -> Point {
    Point { count: one.count + other.count, bytes: one.bytes + other.bytes, errors: one.errors + other.errors }
}

#[cfg(test)]
mod tests {
    use shakedown_reports::bench::{BENCH_SCHEMA, BenchRun, Bound, GoalUnit, StorageUse};

    use super::*;

    /// A part with so many operations and requests to the storage, and a goal of at most `goal` for each operation.
    fn part(shard: &str, count: u64, requests: u64, goal: f64) -> BenchReport {
        let operation = OperationReport { count, ..OperationReport::default() };
        let system = SystemReport {
            name: "reference".into(),
            operations: BTreeMap::from([("push-blob".to_owned(), operation)]),
            storage: Some(StorageUse { requests, ..StorageUse::default() }),
            ..SystemReport::default()
        };
        let goal = GoalReport {
            metric: "storage-requests".into(),
            unit: GoalUnit::PerOperation,
            bound: Bound::AtMost,
            goal,
            times: None,
            set_for: None,
            measured: None,
            other: None,
            ratio: None,
            verdict: GoalVerdict::Met,
        };
        let systems = vec![system.clone()];
        let goals = vec![crate::goals::judged(goal, &systems)];
        let (id, title, model) = ("load".to_owned(), String::new(), String::new());
        let load = LoadReport { id, title, model, interval_us: 1, stable_after: None, systems, goals };
        let command = format!("shakedown bench load --shard {shard} --seed 1");
        let run = BenchRun { shard: Some(shard.to_owned()), command, ..BenchRun::default() };
        BenchReport { schema: BENCH_SCHEMA.into(), run, loads: vec![load] }
    }

    #[test]
    fn goals_are_judged_again_by_what_all_parts_measured() {
        let parts = vec![part("1/2", 100, 1000, 9.0), part("2/2", 300, 2400, 9.0)];
        assert!(parts[0].loads[0].goals[0].is_missed());
        let whole = merge(parts).unwrap();
        let goal = &whole.loads[0].goals[0];
        assert_eq!((goal.measured, &goal.verdict), (Some(8.5), &GoalVerdict::Met));
        assert_eq!(whole.run.command, "shakedown bench load --seed 1");
        let other = merge(vec![part("1/2", 1, 1, 9.0), part("2/2", 1, 1, 8.0)]).unwrap_err();
        assert!(other.to_string().contains("other goals"), "{other}");
    }
}
