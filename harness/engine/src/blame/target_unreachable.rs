//! The registry is not there: says nothing about anybody.

use shakedown_reports::{Blame, Party};

use super::Rule;
use super::case::Case;

pub(super) const RULE: Rule = Rule { id: "target-unreachable", judge };

/// Words of [`shakedown_wire::WireError::is_unreachable`].
pub(super) const WORDS: &[&str] = &["connection refused", "cannot resolve", "TLS failed"];

fn judge(case: &Case<'_>) -> Option<Blame> {
    let call = case.call().filter(|call| !call.is_redirected() && call.faults.is_empty())?;
    let error = call.error.as_ref().filter(|error| WORDS.iter().any(|words| error.contains(words)))?;
    let why = format!("the registry is not there: {error}");
    Some(case.blame(
        Party::Unknown,
        None,
        why,
        "start the registry, or check the address: `shakedown doctor` looks at both",
    ))
}
