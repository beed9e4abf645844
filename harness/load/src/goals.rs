//! Goals of loads: how they are written in `goals:` of a load scenario, which metrics they may name, and whether they are met.
//! A goal judges the first system of the run. Not here: how goals are shown (`shakedown-reports`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_reports::bench::{Bound, GoalReport, GoalUnit, GoalVerdict, LoadReport, Round, SystemReport};
use shakedown_scenario::Size;

use crate::compare::BACKGROUND;
use crate::statistics::median;

/// What a load is to reach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Goal {
    /// What is measured.
    pub metric: MetricName,
    /// This or less.
    #[serde(default)]
    pub at_most: Option<Amount>,
    /// This or more.
    #[serde(default)]
    pub at_least: Option<Amount>,
    /// So many times what this other system of the same run has, not so many of a unit.
    #[serde(default)]
    pub times: Option<String>,
    /// How the load is made that it was set for, where arguments made it another one.
    #[serde(skip)]
    pub(crate) set_for: Option<String>,
}

/// How much.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a number such as `9`, or a size such as `80MiB`")]
pub enum Amount {
    /// A count, or with `times` a factor.
    Number(f64),
    /// Bytes.
    Size(Size),
}

/// A metric that there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct MetricName(String);

/// A metric that goals may name.
struct Metric {
    name: &'static str,
    unit: GoalUnit,
    /// Of all rounds together.
    whole: fn(&SystemReport) -> Option<f64>,
    /// Of one round, where rounds are samples: what is noisy is compared by them, what is exact is not.
    round: Option<fn(&Round) -> Option<f64>>,
    /// It depends on how many work at one time, so a goal holds for the workers and the rate of its file.
    of_model: bool,
    /// Differences up to this happen without anything having changed.
    slack: f64,
    /// Why it may not be there.
    unseen: &'static str,
}

const NO_STORAGE: &str = "only the storage that bench starts is counted";
const NO_CHILD: &str = "only the memory of child processes is seen";
const NOTHING: &str = "nothing was done";

/// All of them; one more is one line.
#[rustfmt::skip]
const METRICS: &[Metric] = &[
    Metric { name: "storage-requests", unit: GoalUnit::PerOperation, whole: SystemReport::storage_per_operation, round: None, of_model: false, slack: BACKGROUND, unseen: NO_STORAGE },
    Metric { name: "storage-bytes-in", unit: GoalUnit::BytesPerOperation, whole: |system| each(system, system.storage.as_ref()?.bytes_in), round: None, of_model: false, slack: 0.0, unseen: NO_STORAGE },
    Metric { name: "storage-bytes-out", unit: GoalUnit::BytesPerOperation, whole: |system| each(system, system.storage.as_ref()?.bytes_out), round: None, of_model: false, slack: 0.0, unseen: NO_STORAGE },
    Metric { name: "operations-per-second", unit: GoalUnit::PerSecond, whole: |system| Some(system.per_second()), round: Some(|round| a_second(round.count, round)), of_model: true, slack: 0.0, unseen: NOTHING },
    Metric { name: "bytes-per-second", unit: GoalUnit::BytesPerSecond, whole: |system| Some(system.bytes_per_second()), round: Some(|round| a_second(round.bytes, round)), of_model: true, slack: 0.0, unseen: NOTHING },
    Metric { name: "peak-memory", unit: GoalUnit::Bytes, whole: |system| Some(system.resources?.peak_bytes as f64), round: None, of_model: true, slack: 0.0, unseen: NO_CHILD },
];

fn each(system: &SystemReport, bytes: u64) -> Option<f64> {
    let operations = system.count() + system.failed();
    (operations > 0).then(|| bytes as f64 / operations as f64)
}

fn a_second(done: u64, round: &Round) -> Option<f64> {
    (done > 0 && round.wall_us > 0).then(|| done as f64 * 1e6 / round.wall_us as f64)
}

fn metric(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}

impl TryFrom<String> for MetricName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let known = || METRICS.iter().map(|metric| metric.name).collect::<Vec<_>>().join(", ");
        match metric(&name) {
            Some(_) => Ok(Self(name)),
            None => Err(format!("there is no metric `{name}` for goals, only {}", known())),
        }
    }
}

impl From<MetricName> for String {
    fn from(name: MetricName) -> Self {
        name.0
    }
}

impl Goal {
    fn metric(&self) -> &'static Metric {
        metric(&self.metric.0).expect("names are checked when they are read")
    }

    /// The goal and the side on which is well, or what is wrong with it.
    fn bound(&self) -> Result<(Bound, f64), String> {
        let name = &self.metric.0;
        let (bound, amount) = match (self.at_most, self.at_least) {
            (Some(amount), None) => (Bound::AtMost, amount),
            (None, Some(amount)) => (Bound::AtLeast, amount),
            _ => return Err(format!("the goal for `{name}` needs either `at-most` or `at-least`")),
        };
        let word = match bound {
            Bound::AtMost => "at-most",
            Bound::AtLeast => "at-least",
        };
        let bytes = self.metric().unit.is_bytes();
        let value = match (amount, &self.times) {
            (Amount::Size(size), Some(other)) => {
                return Err(format!(
                    "`{word}: {size}, times: {other}` of `{name}`: with `times` write a factor, e.g. `{word}: 0.8`"
                ));
            }
            (Amount::Number(number), None) if bytes => {
                return Err(format!("`{word}: {number}` of `{name}`: write a size, e.g. `{word}: 80MiB`"));
            }
            (Amount::Size(size), None) if !bytes => {
                return Err(format!(
                    "`{word}: {size}` of `{name}`: it is counted, so write a number, e.g. `{word}: 9`"
                ));
            }
            (Amount::Size(size), None) => size.0 as f64,
            (Amount::Number(number), _) => number,
        };
        if !value.is_finite() || value <= 0.0 {
            return Err(format!("`{word}: {value}` of `{name}` must be more than 0"));
        }
        if self.times.as_deref().is_some_and(|other| other.trim().is_empty()) {
            return Err(format!("`times` of `{name}` names a system, e.g. `times: distribution-2.8`"));
        }
        Ok((bound, value))
    }

    /// What is wrong with it.
    pub(crate) fn problem(&self) -> Option<String> {
        self.bound().err()
    }

    /// The goal in a report, not judged yet; nothing if something is wrong with it.
    fn unjudged(&self) -> Option<GoalReport> {
        let (bound, goal) = self.bound().ok()?;
        let metric = self.metric();
        Some(GoalReport {
            metric: metric.name.to_owned(),
            unit: metric.unit,
            bound,
            goal,
            times: self.times.clone(),
            set_for: self.set_for.clone().filter(|_| metric.of_model),
            measured: None,
            other: None,
            ratio: None,
            verdict: not_measured("nothing was judged"),
        })
    }
}

/// The goals of the load as its report has them.
pub(crate) fn judge(goals: &[Goal], report: &LoadReport) -> Vec<GoalReport> {
    goals.iter().filter_map(Goal::unjudged).map(|goal| judged(goal, &report.systems)).collect()
}

/// The goal with what these systems have; the first is judged.
pub(crate) fn judged(goal: GoalReport, systems: &[SystemReport]) -> GoalReport {
    let goal = GoalReport { measured: None, other: None, ratio: None, ..goal };
    match seen(&goal, systems) {
        Err(verdict) => GoalReport { verdict, ..goal },
        Ok(Seen { measured, other, ratio, reached }) => {
            let verdict = if reached { GoalVerdict::Met } else { GoalVerdict::Missed };
            GoalReport { measured: Some(measured), other, ratio: Some(ratio), verdict, ..goal }
        }
    }
}

/// What was measured for a goal.
struct Seen {
    measured: f64,
    other: Option<f64>,
    ratio: f64,
    reached: bool,
}

fn seen(goal: &GoalReport, systems: &[SystemReport]) -> Result<Seen, GoalVerdict> {
    let metric = metric(&goal.metric).ok_or_else(|| not_measured("this version has no such metric"))?;
    if let Some(model) = &goal.set_for {
        let made = format!("it is set for {model}: leave --workers and --rate away");
        return Err(not_measured(&made));
    }
    let (own, others) = systems.split_first().ok_or_else(|| not_measured(NOTHING))?;
    if own.count() == 0 {
        return Err(not_measured("no operation went well"));
    }
    let of = |system: &SystemReport| {
        let value = (metric.whole)(system).filter(|value| value.is_finite());
        value.ok_or_else(|| GoalVerdict::NotSeen { why: metric.unseen.to_owned() })
    };
    let measured = of(own)?;
    let Some(name) = &goal.times else {
        let ratio = measured / goal.goal;
        return Ok(Seen { measured, other: None, ratio, reached: reaches(goal, measured, metric.slack) });
    };
    if own.name == *name {
        return Err(not_measured(&format!("{name} itself is measured")));
    }
    let absent = || not_measured(&format!("add --against {name}"));
    let other = others.iter().find(|other| other.name == *name).ok_or_else(absent)?;
    let (beside, ratio) = (of(other)?, ratio(metric, own, other));
    let ratio = ratio.filter(|ratio| ratio.is_finite()).ok_or_else(|| {
        not_measured(&format!(
            "in no round both did something: more operations (--count), or longer (--for), than {name} needs"
        ))
    })?;
    Ok(Seen { measured, other: Some(beside), ratio, reached: reaches(goal, ratio, 0.0) })
}

fn reaches(goal: &GoalReport, value: f64, slack: f64) -> bool {
    match goal.bound {
        Bound::AtMost => value <= goal.goal + slack,
        Bound::AtLeast => value >= goal.goal - slack,
    }
}

/// What one has by what the other has. Rounds that follow each other see the same weather, so each pair has its ratio; the median of them
/// leaves out those in which the weather changed.
fn ratio(metric: &Metric, own: &SystemReport, other: &SystemReport) -> Option<f64> {
    let Some(of) = metric.round else { return Some((metric.whole)(own)? / (metric.whole)(other)?) };
    let pairs = own.rounds.iter().zip(&other.rounds);
    let ratios: Vec<f64> = pairs.filter_map(|(own, other)| Some(of(own)? / of(other)?)).collect();
    (!ratios.is_empty()).then(|| median(&ratios))
}

fn not_measured(why: &str) -> GoalVerdict {
    GoalVerdict::NotMeasured { why: why.to_owned() }
}

#[cfg(test)]
mod tests;
