//! Goals of loads with what was measured: their model, their words and their table. Not here: how they are judged (`shakedown-load`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::{BenchReport, LoadReport};
use super::tables::{Table, number, round, size};
use crate::text::clean;

/// A goal of a load, and what the first system of the run makes of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GoalReport {
    /// What is measured, e.g. `storage-requests`.
    pub metric: String,
    /// What it is measured in.
    pub unit: GoalUnit,
    /// On which side of the goal is well.
    pub bound: Bound,
    /// The goal: so many of the unit, or so many times what another system has.
    pub goal: f64,
    /// The other system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<String>,
    /// How the load must be made for this goal, where it was made otherwise: `16 workers`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_for: Option<String>,
    /// What the first system has; absent where it was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<f64>,
    /// What the other system has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<f64>,
    /// What was measured by the goal; with another system, by what that one has: the median of the rounds' ratios.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// What came of it.
    #[serde(flatten)]
    pub verdict: GoalVerdict,
}

/// What a goal is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GoalUnit {
    /// A count for each operation.
    PerOperation,
    /// Bytes for each operation.
    BytesPerOperation,
    /// Bytes.
    Bytes,
    /// A count for each second.
    PerSecond,
    /// Bytes for each second.
    BytesPerSecond,
}

/// On which side of a goal is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// The goal or less.
    AtMost,
    /// The goal or more.
    AtLeast,
}

/// What came of a goal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum GoalVerdict {
    /// It is reached.
    Met,
    /// It is not.
    Missed,
    /// This run does not measure it.
    NotMeasured {
        /// Why not, and what to do.
        why: String,
    },
    /// It cannot be measured on this system.
    NotSeen {
        /// Why not.
        why: String,
    },
}

impl GoalUnit {
    /// True if goals are sizes.
    pub fn is_bytes(self) -> bool {
        matches!(self, Self::BytesPerOperation | Self::Bytes | Self::BytesPerSecond)
    }

    fn words(self, value: f64) -> String {
        match self {
            Self::PerOperation => format!("{} per operation", number(value)),
            Self::BytesPerOperation => format!("{} per operation", binary(value)),
            Self::Bytes => binary(value),
            Self::PerSecond => format!("{} /s", number(value)),
            Self::BytesPerSecond => format!("{}/s", size(value)),
        }
    }
}

/// As goals are written: powers of 1024.
fn binary(bytes: f64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match units.into_iter().find(|(_, power)| bytes >= f64::from(1 << power)) {
        Some((name, power)) => format!("{} {name}", number(bytes / f64::from(1 << power))),
        None => format!("{bytes:.0} B"),
    }
}

/// A round value is written as such: `9 per operation`, not `9.00 per operation`.
fn plain(words: &str) -> String {
    match words.split_once(' ') {
        Some((number, unit)) => format!("{} {unit}", round(number)),
        None => round(words),
    }
}

impl GoalReport {
    /// The goal in words: `storage-requests at most 9 per operation`.
    pub fn words(&self) -> String {
        let (metric, bound) = (&self.metric, self.bound);
        match &self.times {
            Some(other) => format!("{metric} {bound} {} times {other}", round(&number(self.goal))),
            None => format!("{metric} {bound} {}", plain(&self.unit.words(self.goal))),
        }
    }

    /// True if it was measured and is not reached.
    pub fn is_missed(&self) -> bool {
        self.verdict == GoalVerdict::Missed
    }

    fn cells(&self, load: &str) -> Vec<String> {
        let words = |value: f64| self.unit.words(value).replace(" per operation", "");
        let measured = match (self.measured, self.other) {
            (Some(own), Some(other)) => format!("{} beside {}", words(own), words(other)),
            (Some(own), None) => words(own),
            (None, _) => "-".to_owned(),
        };
        let ratio = self.ratio.map_or_else(|| "-".to_owned(), number);
        vec![load.to_owned(), self.words(), measured, ratio, self.verdict.to_string()]
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::AtMost => "at most",
            Self::AtLeast => "at least",
        })
    }
}

impl std::fmt::Display for GoalVerdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Met => f.write_str("met"),
            Self::Missed => f.write_str("MISSED"),
            Self::NotMeasured { why } => write!(f, "not measured here: {why}"),
            Self::NotSeen { why } => write!(f, "cannot be seen here: {why}"),
        }
    }
}

impl BenchReport {
    /// All goals, each with its load.
    pub fn goals(&self) -> impl Iterator<Item = (&LoadReport, &GoalReport)> {
        self.loads.iter().flat_map(|load| load.goals.iter().map(move |goal| (load, goal)))
    }
}

/// All goals in one table, with a sentence that says how they stand; nothing where the loads have none.
pub(super) fn goals(report: &BenchReport) -> Option<(Table, String)> {
    let head = ["load", "goal", "measured", "ratio", "verdict"];
    let rows: Vec<_> = report.goals().map(|(load, goal)| goal.cells(&load.id)).collect();
    (!rows.is_empty()).then(|| (Table::new(head.map(str::to_owned).into(), rows), conclusion(report)))
}

fn conclusion(report: &BenchReport) -> String {
    let (mut met, mut all, mut missed) = (0, 0, Vec::new());
    for (load, goal) in report.goals() {
        all += 1;
        met += u32::from(goal.verdict == GoalVerdict::Met);
        if goal.is_missed() {
            missed.push(clean(&format!("{} of {}", goal.metric, load.id)));
        }
    }
    let open = all - met - u32::try_from(missed.len()).unwrap_or(u32::MAX);
    let open = if open == 0 { String::new() } else { format!(", {open} not measured") };
    // Stopped early, a run has measured none.
    let system = report.loads.iter().find_map(|load| load.systems.first());
    let by = system.map(|system| format!(" by {}", clean(&system.name))).unwrap_or_default();
    if missed.is_empty() {
        format!("{met} of {all} goals met{by}{open}")
    } else {
        format!("MISSED{by}: {} ({met} of {all} goals met{open})", missed.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;
    use crate::bench::{BENCH_SCHEMA, BenchRun, FORMS, SystemReport, bench_terminal};

    fn goal(metric: &str, unit: GoalUnit, bound: Bound, goal: f64) -> GoalReport {
        let (times, set_for, measured, other, ratio) = (None, None, None, None, None);
        let (metric, verdict) = (metric.to_owned(), GoalVerdict::Met);
        GoalReport { metric, unit, bound, goal, times, set_for, measured, other, ratio, verdict }
    }

    /// Each unit, and each verdict.
    fn report() -> BenchReport {
        let other = |name: &str| Some(name.to_owned());
        let requests = goal("storage-requests", GoalUnit::PerOperation, Bound::AtMost, 9.0);
        let rate = goal("operations-per-second", GoalUnit::PerSecond, Bound::AtLeast, 6.0);
        let bytes = goal("bytes-per-second", GoalUnit::BytesPerSecond, Bound::AtLeast, 0.6);
        let memory = goal("peak-memory", GoalUnit::Bytes, Bound::AtMost, f64::from(80 << 20));
        let read = goal("storage-bytes-out", GoalUnit::BytesPerOperation, Bound::AtMost, 4096.0);
        let unseen = GoalVerdict::NotSeen { why: "its storage is not ours".to_owned() };
        let absent = GoalVerdict::NotMeasured { why: "add --against limit".to_owned() };
        let pushes = vec![
            GoalReport { measured: Some(8.0167), ratio: Some(0.8907), ..requests.clone() },
            GoalReport {
                times: other("distribution-2.8"),
                measured: Some(5612.0),
                other: Some(1010.0),
                ratio: Some(5.55),
                verdict: GoalVerdict::Missed,
                ..rate
            },
            GoalReport { verdict: unseen, ..read },
        ];
        let layers = vec![
            GoalReport { times: other("limit"), verdict: absent, ..bytes },
            GoalReport { measured: Some(61.0 * 1024.0 * 1024.0), ratio: Some(0.7625), ..memory },
        ];
        let load = |id: &str, goals| LoadReport {
            id: id.to_owned(),
            title: "A title".to_owned(),
            model: "1 worker".to_owned(),
            interval_us: 250_000,
            stable_after: None,
            systems: vec![SystemReport { name: "reference".to_owned(), ..SystemReport::default() }],
            goals,
        };
        let command = "shakedown bench small-pushes huge-layer-pull --system reference".to_owned();
        let run = BenchRun { optimised: true, command, ..BenchRun::default() };
        let loads = vec![load("small-pushes", pushes), load("huge-layer-pull", layers)];
        BenchReport { schema: BENCH_SCHEMA.to_owned(), run, loads }
    }

    #[test]
    fn goals_at_a_terminal() {
        let options = Options { width: 200, ..Options::default() };
        insta::assert_snapshot!(bench_terminal(&report(), None, &options));
    }

    #[test]
    fn goals_of_a_run_that_was_stopped_before_any_system_name_none() {
        let mut report = report();
        report.loads.truncate(1);
        report.loads[0].systems.clear();
        report.loads[0].goals.truncate(1);
        report.loads[0].goals[0].verdict = GoalVerdict::NotMeasured { why: "nothing was done".to_owned() };
        assert_eq!(conclusion(&report), "0 of 1 goals met, 1 not measured");
    }

    #[test]
    fn goals_in_markdown() {
        let markdown = FORMS.iter().find(|form| form.name == "markdown").unwrap();
        insta::assert_snapshot!((markdown.bench)(&report(), None));
    }

    #[test]
    fn goals_in_json_come_back_as_they_were() {
        let json = FORMS.iter().find(|form| form.name == "json").unwrap();
        let text = (json.bench)(&report(), None);
        assert_eq!(serde_json::from_str::<BenchReport>(&text).unwrap(), report());
        assert!(text.contains("\"verdict\": \"not-measured\""), "{text}");
    }

    #[test]
    fn without_goals_nothing_is_said() {
        let mut report = report();
        report.loads.iter_mut().for_each(|load| load.goals.clear());
        for form in FORMS {
            let text = (form.bench)(&report, None);
            assert!(!text.contains("goal"), "{}: {text}", form.name);
        }
    }
}
