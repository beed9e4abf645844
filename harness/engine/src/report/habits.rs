//! What clients rely on beyond the specification, and a run found missing. Not here: what the habits are (`shakedown-oci`).

use shakedown_oci::Habit;
use shakedown_reports::{Check, MissedHabit, ScenarioReport, Verdict};

/// The habits that at least one check found missing, in their order.
pub(crate) fn habits(scenarios: &[ScenarioReport]) -> Vec<MissedHabit> {
    let missed = |habit: &Habit| {
        let mut found = MissedHabit {
            id: habit.id.to_owned(),
            habit: habit.habit.to_owned(),
            otherwise: habit.otherwise.to_owned(),
            ..MissedHabit::default()
        };
        for scenario in scenarios {
            let checks = scenario.steps.iter().flat_map(|step| &step.checks).filter(|check| misses(check, habit));
            let before = found.checks;
            for check in checks {
                if found.checks == 0 {
                    found.example =
                        format!("{}: {}: expected {}, was {}", check.at, check.what, check.expected, check.actual);
                }
                found.checks += 1;
            }
            if found.checks > before {
                found.scenarios.push(scenario.id.clone());
            }
        }
        (found.checks > 0).then_some(found)
    };
    shakedown_oci::habits().iter().filter_map(missed).collect()
}

fn misses(check: &Check, habit: &Habit) -> bool {
    let bad = matches!(check.verdict, Verdict::Inconclusive | Verdict::Failed | Verdict::Known);
    bad && check.rules.iter().any(|rule| rule == habit.id)
}
