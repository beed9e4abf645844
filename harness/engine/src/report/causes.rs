//! Failures folded by root cause: one blame rule with one storage symptom is one cause, a dead target is one line.

use std::cmp::Reverse;

use indexmap::IndexMap;
use shakedown_reports::{Blame, Cause, Party, ScenarioReport, Verdict};

/// Words with which the transport says that nobody is there.
const UNREACHABLE: &[&str] = &["connection refused", "cannot resolve", "TLS failed"];

/// Causes, the one that explains most first.
pub(crate) fn causes(scenarios: &[ScenarioReport]) -> Vec<Cause> {
    let mut causes: IndexMap<Vec<String>, Cause> = IndexMap::new();
    for scenario in scenarios {
        let (key, cause) = match (scenario.verdict, &scenario.blame) {
            (Verdict::Failed, Some(blame)) => (key(scenario, blame), of_blame(blame)),
            (Verdict::Error, _) => {
                let cause = of_environment(scenario.reason.as_deref().unwrap_or("the environment was not there"));
                (vec![cause.rule.clone(), cause.title.clone()], cause)
            }
            _ => continue,
        };
        causes.entry(key).or_insert(cause).scenarios.push(scenario.id.clone());
    }
    let mut causes: Vec<_> = causes.into_values().collect();
    causes.sort_by_key(|cause| Reverse(cause.scenarios.len()));
    causes
}

/// What failures with one root have in common: rule, parties, and the storage call that is the evidence.
fn key(scenario: &ScenarioReport, blame: &Blame) -> Vec<String> {
    let mut key = vec![blame.rule.clone(), blame.parties()];
    let storage =
        blame.evidence.iter().filter_map(|evidence| scenario.calls.get(evidence.call)).find(|call| !call.is_client());
    match storage {
        Some(call) => {
            let effects = call.faults.iter().map(|fault| fault.effect.as_str()).collect::<Vec<_>>().join(" ");
            key.extend([call.operation.clone().unwrap_or_default(), effects, format!("{:?}", call.status)]);
        }
        // Without a storage call the sentence itself is all there is.
        None => key.push(blame.why.clone()),
    }
    key
}

fn of_blame(blame: &Blame) -> Cause {
    Cause {
        title: blame.why.clone(),
        party: blame.party,
        provoked_by: blame.provoked_by,
        rule: blame.rule.clone(),
        scenarios: Vec::new(),
    }
}

fn of_environment(reason: &str) -> Cause {
    // The step that met the dead target first differs from scenario to scenario; the target does not.
    let root = UNREACHABLE.iter().find_map(|words| reason.find(words)).map(|at| &reason[at..]);
    let (rule, title) = match root {
        Some(root) => ("target-unreachable", format!("nobody is there: {root}")),
        None => ("environment", reason.to_owned()),
    };
    Cause { title, party: Party::Unknown, provoked_by: None, rule: rule.to_owned(), scenarios: Vec::new() }
}
