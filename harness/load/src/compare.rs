//! Whether one measurement is slower than another: noisy times by intervals, counts exactly.

use shakedown_reports::bench::{
    BenchReport, COMPARISON_SCHEMA, Comparison, Judgement, LoadReport, Round, Row, SystemReport,
};

use crate::statistics::{self, mean, median, noise, ratio};

/// The system that is no registry and is compared with none: what one more hop and the hashing allow (`bound`).
pub const LIMIT: &str = "limit";
/// How sure intervals are.
const CONFIDENCE: f64 = 0.99;
/// Fewest rounds of each side that say anything.
const FEWEST: usize = 3;
/// Counts of requests differ by less than this share of a request without anything having changed: looks that a system takes every few
/// seconds, retries after an idle connection was closed.
pub(crate) const BACKGROUND: f64 = 0.1;
/// Most rounds that are asked for.
const MOST_ROUNDS: u64 = 10_000;

/// Which two systems are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sides<'a> {
    /// The first two registries of one report, which took turns: the first is judged against the second.
    Interleaved(&'a BenchReport),
    /// The first systems of two reports.
    Apart {
        /// The old one.
        before: &'a BenchReport,
        /// The new one.
        after: &'a BenchReport,
    },
}

/// Why nothing can be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// One report with fewer than two registries.
    #[error("the report holds one registry: measure with --against another one, or give two reports")]
    OneSystem,
    /// No load is in both.
    #[error("the reports have no load in common: measure the same load scenarios")]
    NothingInCommon,
    /// The same load was not made in the same way.
    #[error("{load} was made by {before} in one report and by {after} in the other: measure it in the same way")]
    OtherModel {
        /// The load.
        load: String,
        /// Its model there.
        before: String,
        /// Its model here.
        after: String,
    },
}

/// A metric of a round.
struct Metric {
    name: &'static str,
    unit: &'static str,
    /// Larger is better.
    rate: bool,
    gates: bool,
    of: fn(&Round) -> Option<f64>,
}

/// What is compared by samples.
const METRICS: &[Metric] = &[
    Metric {
        name: "operations per second",
        unit: "/s",
        rate: true,
        gates: true,
        of: |round| (round.wall_us > 0).then(|| round.count as f64 * 1e6 / round.wall_us as f64),
    },
    Metric {
        name: "mean time",
        unit: "us",
        rate: false,
        gates: true,
        of: |round| (round.count > 0).then_some(round.mean_us),
    },
    Metric {
        name: "p99",
        unit: "us",
        rate: false,
        gates: false,
        of: |round| (round.count > 0).then_some(round.p99_us as f64),
    },
    Metric {
        name: "CPU per operation",
        unit: "us",
        rate: false,
        gates: false,
        of: |round| Some(round.cpu_us? as f64 / round.count.checked_add(round.errors).filter(|all| *all > 0)? as f64),
    },
];

/// Compares; a difference of up to `threshold` (e.g. 0.03) is of no interest.
///
/// # Errors
/// There is nothing that can be compared.
pub fn compare(sides: Sides<'_>, threshold: f64) -> Result<Comparison, CompareError> {
    let interleaved = matches!(sides, Sides::Interleaved(_));
    let pairs = pairs(sides)?;
    let &(_, before, after) = pairs.first().ok_or(CompareError::NothingInCommon)?;
    let title = |system: &SystemReport| match &system.version {
        Some(version) => format!("{} {version}", system.name),
        None => system.name.clone(),
    };
    let (before, after) = (title(before), title(after));
    let rows = pairs.iter().flat_map(|(load, before, after)| rows(load, before, after, interleaved, threshold));
    let rows = rows.collect();
    let schema = COMPARISON_SCHEMA.to_owned();
    Ok(Comparison { schema, before, after, interleaved, threshold, confidence: CONFIDENCE, rows })
}

type Pair<'a> = (&'a str, &'a SystemReport, &'a SystemReport);

/// The first two registries of a load; a limit is none, and to be slower than it is no regression.
fn two(load: &LoadReport) -> Option<Pair<'_>> {
    let mut registries = load.systems.iter().filter(|system| system.name != LIMIT);
    let (after, before) = (registries.next()?, registries.next()?);
    Some((load.id.as_str(), before, after))
}

/// True if there are two registries in it that can be compared.
pub fn took_turns(report: &BenchReport) -> bool {
    report.loads.iter().any(|load| two(load).is_some())
}

fn pairs(sides: Sides<'_>) -> Result<Vec<Pair<'_>>, CompareError> {
    match sides {
        Sides::Interleaved(report) => {
            let pairs: Vec<_> = report.loads.iter().filter_map(two).collect();
            if pairs.is_empty() { Err(CompareError::OneSystem) } else { Ok(pairs) }
        }
        Sides::Apart { before, after } => {
            let mut pairs = Vec::new();
            for new in &after.loads {
                let Some(old) = before.loads.iter().find(|old| old.id == new.id) else { continue };
                if old.model != new.model {
                    let (before, after) = (old.model.clone(), new.model.clone());
                    return Err(CompareError::OtherModel { load: new.id.clone(), before, after });
                }
                if let (Some(old), Some(system)) = (old.systems.first(), new.systems.first()) {
                    pairs.push((new.id.as_str(), old, system));
                }
            }
            if pairs.is_empty() { Err(CompareError::NothingInCommon) } else { Ok(pairs) }
        }
    }
}

fn rows(
    load: &str,
    before: &SystemReport,
    after: &SystemReport,
    interleaved: bool,
    threshold: f64,
) -> impl Iterator<Item = Row> {
    let samples = METRICS.iter().filter_map(|metric| {
        let of = |system: &SystemReport| system.rounds.iter().map(metric.of).collect::<Option<Vec<f64>>>();
        let (before, after) = (of(before)?, of(after)?);
        (!before.is_empty() && !after.is_empty()).then(|| row(load, metric, &before, &after, interleaved, threshold))
    });
    let counts = [
        (
            "storage requests per operation",
            "",
            before.storage_per_operation(),
            after.storage_per_operation(),
            BACKGROUND,
        ),
        ("errors per operation", "", errors(before), errors(after), 0.0),
    ];
    let counts = counts.into_iter().filter_map(|(metric, unit, before, after, background)| {
        Some(count(load, metric, unit, before?, after?, background))
    });
    samples.chain(counts).collect::<Vec<_>>().into_iter()
}

fn errors(system: &SystemReport) -> Option<f64> {
    let all = system.count() + system.failed();
    (all > 0).then(|| system.failed() as f64 / all as f64)
}

fn row(load: &str, metric: &Metric, before: &[f64], after: &[f64], interleaved: bool, threshold: f64) -> Row {
    // A run that was stopped may have one round less on one side.
    let paired = interleaved;
    let rounds = before.len().min(after.len());
    let (before, after) = if paired { (&before[..rounds], &after[..rounds]) } else { (before, after) };
    let found = ratio(before, after, paired, CONFIDENCE);
    // What is told of each side is what the ratio is of.
    let typical = if paired { median } else { mean };
    // With fewer that took turns the same build would be called slower too often.
    let fewest = if paired { statistics::FEWEST } else { FEWEST };
    // As a factor of slowness, so that one rule holds for times and rates.
    let (low, high) = if metric.rate { (1.0 / found.high, 1.0 / found.low) } else { (found.low, found.high) };
    Row {
        load: load.to_owned(),
        metric: metric.name.to_owned(),
        unit: metric.unit.to_owned(),
        before: typical(before),
        after: typical(after),
        ratio: found.value,
        low: found.low,
        high: found.high,
        noise: noise(before).max(noise(after)),
        rounds: rounds as u64,
        gates: metric.gates,
        exact: false,
        judgement: judge(low, high, (rounds, fewest), threshold),
    }
}

/// What an interval of the factor of slowness says.
fn judge(low: f64, high: f64, (rounds, fewest): (usize, usize), threshold: f64) -> Judgement {
    let (better, worse) = (1.0 / (1.0 + threshold), 1.0 + threshold);
    if !low.is_finite() || !high.is_finite() || rounds < fewest {
        return Judgement::CannotTell { more_rounds: fewest.saturating_sub(rounds).max(1) as u64 };
    }
    if low > worse {
        Judgement::Regressed
    } else if high < better {
        Judgement::Improved
    } else if low >= better && high <= worse {
        Judgement::Unchanged
    } else {
        // An interval shrinks with the square root of the rounds; it must become narrower than the threshold on one side.
        let wanted = (rounds as f64 * ((high - low) / (2.0 * threshold)).powi(2)).ceil();
        Judgement::CannotTell { more_rounds: (wanted as u64).saturating_sub(rounds as u64).clamp(1, MOST_ROUNDS) }
    }
}

/// A count: any difference beyond what happens in the background counts.
fn count(load: &str, metric: &str, unit: &str, before: f64, after: f64, background: f64) -> Row {
    let judgement = match after - before {
        more if more > background => Judgement::Regressed,
        less if less < -background => Judgement::Improved,
        _ => Judgement::Unchanged,
    };
    let ratio = if before == after { 1.0 } else { after / before };
    Row {
        load: load.to_owned(),
        metric: metric.to_owned(),
        unit: unit.to_owned(),
        before,
        after,
        ratio: if ratio.is_finite() { ratio } else { 2.0 },
        low: ratio,
        high: ratio,
        noise: 0.0,
        rounds: 0,
        gates: true,
        exact: true,
        judgement,
    }
}

#[cfg(test)]
mod tests;
