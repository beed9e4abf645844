//! Checks of how a high-level step (push, pull, blob) ended.

use std::time::Duration;

use shakedown_scenario::Span;
use shakedown_scenario::expect::StatusSet;
use shakedown_scenario::steps::Outcome;

use super::Checks;
use super::answer::describe_set;

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Done.
    Well,
    /// Failed, with the last status if there was an answer, and the reason.
    Badly {
        /// The last answer's status.
        status: Option<u16>,
        /// The client's words.
        reason: String,
    },
}

/// Checks the end against what was expected.
pub(crate) fn check_outcome(expected: &Outcome, ended: &Ended, checks: &mut Checks) -> bool {
    let (held, wanted) = match expected {
        Outcome::Succeeds => (*ended == Ended::Well, "succeeds".to_owned()),
        Outcome::Fails(set) => (failed_with(set, ended), format!("fails{}", with(set))),
        Outcome::SucceedsOrFails(set) => {
            (*ended == Ended::Well || failed_with(set, ended), format!("succeeds, or fails{}", with(set)))
        }
    };
    let actual = match ended {
        Ended::Well => "succeeded".to_owned(),
        Ended::Badly { reason, .. } => reason.clone(),
    };
    checks.note(held, "outcome", wanted, actual)
}

fn failed_with(set: &StatusSet, ended: &Ended) -> bool {
    match ended {
        Ended::Well => false,
        Ended::Badly { status: Some(status), .. } => set.matches(*status),
        Ended::Badly { status: None, .. } => set.is_empty(),
    }
}

fn with(set: &StatusSet) -> String {
    if set.is_empty() { String::new() } else { format!(" with {}", describe_set(set)) }
}

/// Checks a time limit.
pub(crate) fn check_within(within: Option<Span>, took: Duration, checks: &mut Checks) {
    if let Some(within) = within {
        checks.note(took <= within.0, "time", format!("within {within}"), format!("{took:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(expected: &str, ended: &Ended) -> bool {
        let expected: Outcome = serde_saphyr::from_str(expected).expect("a valid outcome");
        check_outcome(&expected, ended, &mut Checks::default())
    }

    #[test]
    fn an_outcome_is_judged_by_its_last_status() {
        let failed = |status| Ended::Badly { status, reason: "push failed".to_owned() };
        assert!(held("succeeds", &Ended::Well));
        assert!(!held("succeeds", &failed(Some(500))));
        assert!(held("fails: 503", &failed(Some(503))));
        assert!(!held("fails: 503", &failed(Some(500))));
        assert!(!held("fails: 503", &failed(None)));
        assert!(held("fails: []", &failed(None)));
        assert!(!held("fails: []", &Ended::Well));
        assert!(held("succeeds-or-fails: [503, 404]", &failed(Some(404))));
        assert!(held("succeeds-or-fails: [503, 404]", &Ended::Well));
    }
}
