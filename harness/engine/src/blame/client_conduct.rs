//! A check of what the client itself did: how often it called, when it came back, where it went on, how it ended.

use shakedown_reports::{Blame, Party};

use super::Rule;
use super::case::Case;
use super::client_error::leaks_authorization;
use crate::expect::client;

pub(super) const RULE: Rule = Rule { id: "client-conduct", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let check = case.check;
    if check.at == client::AT {
        let why = format!("{} is {}, expected {}", check.what, check.actual, check.expected);
        let fix = "change the client: everything else did as the scenario says";
        return Some(case.blame(Party::Client, None, why, fix));
    }
    if check.at != "client" {
        return None;
    }
    if let Some(at) = case.calls.iter().position(leaks_authorization) {
        let why = "the client sent its Authorization to another host, which refuses it (AP2)";
        let blame = case.blame(Party::Client, None, why, "drop Authorization when a redirect leads to another host");
        return Some(blame.with_evidence(at, "with Authorization"));
    }
    let mut calls = case.calls.iter().filter(|call| call.is_client());
    let struck = calls.clone().any(|call| !call.faults.is_empty());
    let refused = calls.any(|call| call.status.is_none_or(|status| status >= 400));
    let why = match check.expected.as_str() {
        "failure" => "the client took for good what it had to refuse",
        _ if struck => "the client did not get past what another client gets past",
        // What the registry itself said to it is for the other rules.
        _ if refused => return None,
        _ => "every call of the client went well, and it came to another end all the same",
    };
    Some(case.blame(Party::Client, struck.then_some(Party::Gateway), why, "see what it printed, in the log"))
}
