//! The verdict of a scenario from how its steps went, and the ending of a run from its scenarios.

use shakedown_reports::{Report, Verdict};

use crate::outcome::{ScenarioRun, StepRun};

/// The verdict of one step.
pub(crate) fn of_step(step: &StepRun) -> Verdict {
    let any = |verdict| step.checks.iter().any(|(check, _)| check.verdict == verdict);
    if step.error.is_some() || any(Verdict::Error) {
        Verdict::Error
    } else if any(Verdict::Failed) {
        Verdict::Failed
    } else {
        Verdict::Passed
    }
}

/// The verdict of a scenario, and in one line why it is not `Passed`.
///
/// A failed expectation outweighs a later error: what was seen before the target went away is still true.
pub(crate) fn of_scenario(run: &ScenarioRun) -> (Verdict, Option<String>) {
    if let Some((verdict, reason)) = &run.early {
        return (*verdict, Some(reason.clone()));
    }
    for step in &run.steps {
        match of_step(step) {
            Verdict::Failed => return (Verdict::Failed, Some(failure(step))),
            Verdict::Error => return (Verdict::Error, Some(error(step))),
            _ => {}
        }
    }
    (Verdict::Passed, None)
}

fn failure(step: &StepRun) -> String {
    let failed = step.checks.iter().find(|(check, _)| check.verdict == Verdict::Failed);
    match failed {
        Some((check, _)) => {
            let rules = check.rules_in_brackets();
            let what = check.what.strip_prefix(&format!("{}: ", step.title)).unwrap_or(&check.what);
            format!("{}: {what} is {}, expected {}{rules}", step.title, check.actual, check.expected)
        }
        None => step.title.clone(),
    }
}

fn error(step: &StepRun) -> String {
    let reason = step.error.clone().or_else(|| {
        let check = step.checks.iter().find(|(check, _)| check.verdict == Verdict::Error);
        check.map(|(check, _)| format!("{}: {}", check.what, check.actual))
    });
    format!("{}: {}", step.title, reason.unwrap_or_default())
}

/// How a run ended; one of these per exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// All expectations held (skipped and known ones aside).
    Passed,
    /// An expectation did not hold.
    Failed,
    /// The environment or the target was not there; one line that says what.
    Environment(String),
    /// There was nothing to run.
    NothingSelected,
    /// Nothing was shown either way.
    Inconclusive,
    /// We are wrong; one line that says where.
    OurBug(String),
    /// Cut short by a signal.
    Interrupted,
}

impl Ending {
    /// The same with the system's name where a line says what happened.
    #[must_use]
    pub fn named(self, system: &str) -> Self {
        match self {
            Self::Environment(reason) => Self::Environment(format!("{system}: {reason}")),
            Self::OurBug(what) => Self::OurBug(format!("{system}: {what}")),
            other => other,
        }
    }

    /// The exit code of the command.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::Environment(_) => 3,
            Self::NothingSelected => 4,
            Self::Inconclusive => 6,
            Self::OurBug(_) => 70,
            Self::Interrupted => 130,
        }
    }

    /// The ending of a run of these scenarios. Our own bugs outweigh everything, an interrupt what was not reached,
    /// failures the errors of the environment. What is listed of the system and no longer there is a failure.
    pub fn of(report: &Report, bug: Option<String>, interrupted: bool) -> Self {
        let scenarios = &report.scenarios;
        let count = |verdict| scenarios.iter().filter(|scenario| scenario.verdict == verdict).count();
        if let Some(bug) = bug {
            Self::OurBug(bug)
        } else if interrupted {
            Self::Interrupted
        } else if scenarios.is_empty() {
            Self::NothingSelected
        } else if count(Verdict::Failed) > 0 || report.run.is_out_of_date() {
            Self::Failed
        } else if let Some(error) = scenarios.iter().find(|scenario| scenario.verdict == Verdict::Error) {
            Self::Environment(error.reason.clone().unwrap_or_else(|| error.id.clone()))
        } else if count(Verdict::Inconclusive) > 0 || count(Verdict::Passed) + count(Verdict::Known) == 0 {
            Self::Inconclusive
        } else {
            Self::Passed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shakedown_reports::Check;

    fn step(verdicts: &[Verdict], error: Option<&str>) -> StepRun {
        let check = |verdict| Check {
            rules: vec!["CH8".into()],
            what: "status".into(),
            expected: "202".into(),
            actual: "500".into(),
            at: String::new(),
            verdict,
            duty: String::new(),
            call: None,
        };
        StepRun {
            title: "PATCH upload".into(),
            line: None,
            checks: verdicts.iter().map(|verdict| (check(*verdict), None)).collect(),
            span_us: (0, 0),
            error: error.map(str::to_owned),
        }
    }

    fn run(steps: Vec<StepRun>) -> ScenarioRun {
        let early = None;
        ScenarioRun {
            steps,
            front: vec![],
            back: vec![],
            sees_storage: true,
            log: vec![],
            log_format: shakedown_reports::LogFormat::Plain,
            early,
            duration_us: 0,
            wall_us: 0,
        }
    }

    #[test]
    fn the_first_bad_step_decides() {
        let passed = step(&[Verdict::Passed], None);
        let failed = step(&[Verdict::Passed, Verdict::Failed], None);
        let gone = step(&[], Some("connection refused by 127.0.0.1:5000"));
        assert_eq!(of_scenario(&run(vec![passed.clone()])), (Verdict::Passed, None));
        let (verdict, reason) = of_scenario(&run(vec![passed, failed, gone.clone()]));
        assert_eq!(verdict, Verdict::Failed);
        assert_eq!(reason.unwrap(), "PATCH upload: status is 500, expected 202 (CH8)");
        let (verdict, reason) = of_scenario(&run(vec![gone]));
        assert_eq!(verdict, Verdict::Error);
        assert_eq!(reason.unwrap(), "PATCH upload: connection refused by 127.0.0.1:5000");
    }

    #[test]
    fn every_ending_has_its_exit_code() {
        let none = Report {
            schema: String::new(),
            run: shakedown_reports::RunInfo::default(),
            totals: shakedown_reports::Totals::default(),
            causes: Vec::new(),
            habits: Vec::new(),
            scenarios: Vec::new(),
            glossary: shakedown_reports::Glossary::default(),
        };
        assert_eq!(Ending::of(&none, None, false).exit_code(), 4);
        assert_eq!(Ending::of(&none, Some("a panic".into()), false).exit_code(), 70);
        assert_eq!(Ending::of(&none, None, true).exit_code(), 130);
        let mut unlike = none;
        let plan: shakedown_scenario::Plan = crate::report::testing::plan("late");
        unlike.scenarios = vec![crate::report::without_run(&plan, Verdict::Passed, "", "")];
        assert_eq!(Ending::of(&unlike, None, false).exit_code(), 0);
        let (incident, scenario) = ("A01".to_owned(), "late".to_owned());
        let missing = vec!["PATCH upload 500".to_owned()];
        unlike.run.recorded = vec![shakedown_reports::Recorded { incident, scenario, shows: missing.clone(), missing }];
        assert_eq!(Ending::of(&unlike, None, false).exit_code(), 1);
    }
}
