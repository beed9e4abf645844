//! The call that failed was struck itself, between client and registry: neither storage nor registry are to blame.

use shakedown_reports::{Blame, Party};

use super::Rule;
use super::case::Case;

pub(super) const RULE: Rule = Rule { id: "front-fault", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let call = case.call().filter(|call| !call.is_redirected())?;
    let fault = call.faults.first()?;
    let why = format!("what stands before the registry {}, and the client did not survive it", fault.summary);
    Some(case.blame(
        Party::Client,
        Some(Party::Gateway),
        why,
        "try again with the state that the registry tells (GET of the upload, CH16)",
    ))
}
