//! The call that failed was struck itself, between client and registry: neither storage nor registry are to blame, and the client only
//! if it was asked for patience and had none.

use shakedown_reports::{Blame, Party};

use super::Rule;
use super::case::Case;

pub(super) const RULE: Rule = Rule { id: "front-fault", judge };

/// Tries after which a client may give up.
pub(super) const PATIENCE: usize = 3;

fn judge(case: &Case<'_>) -> Option<Blame> {
    let call = case.call().filter(|call| !call.is_redirected())?;
    let fault = call.faults.first()?;
    // What was only held up has reached the registry: a connection that is reset then was reset there.
    if fault.effect == "delay" && call.error.as_deref().is_some_and(|error| error.contains("connection was reset")) {
        return None;
    }
    // Who is told to come back later can do so; everything else leaves a client without an answer of the registry.
    let told_to_wait = matches!(call.status, Some(429 | 503)) && case.tries_of_client() < PATIENCE;
    if told_to_wait {
        let why = format!("what stands before the registry {}, and the client did not come back", fault.summary);
        let fix = "try again with the state that the registry tells (GET of the upload, CH16)";
        return Some(case.blame(Party::Client, Some(Party::Gateway), why, fix));
    }
    let why =
        format!("what stands before the registry {}: what it says itself does not reach the client", fault.summary);
    Some(case.blame(Party::Gateway, None, why, "look at what stands between clients and the registry"))
}
