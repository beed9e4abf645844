//! Failures folded by root cause: one storage symptom under one blame rule, one wrong answer to one kind of request, one feature that
//! is missing, one dead target. Not here: how a request or a value loses what only names it (`shape`).

use std::cmp::Reverse;
use std::collections::BTreeSet;

use indexmap::IndexMap;
use shakedown_reports::{Blame, Cause, Check, Party, ScenarioReport, Verdict};

use super::shape::{expectation, request, text};

/// Words with which the transport says that nobody is there.
const UNREACHABLE: &[&str] = &["connection refused", "cannot resolve", "TLS failed"];
/// Rules named with a cause.
const RULES: usize = 8;

/// A part of the interface whose absence explains failures of many kinds.
struct Feature {
    title: &'static str,
    is_it: fn(&Check) -> bool,
}

/// In order: the first that fits.
const FEATURES: &[Feature] = &[
    Feature {
        title: "SHA-512 digests are not taken",
        is_it: |check| [&check.at, &check.expected, &check.what].iter().any(|text| text.contains("sha512:")),
    },
    Feature {
        title: "the referrers API is not there",
        is_it: |check| {
            (check.at.contains("/referrers/") && check.actual == "404")
                || (check.what == "header oci-subject" && check.actual == "absent")
                || check.expected == "the referrers API"
        },
    },
];

/// Failures with one root, on the way to a [`Cause`].
struct Group {
    cause: Cause,
    whys: BTreeSet<String>,
    general: String,
    /// A feature is missing: that says more than any one of its failures.
    is_feature: bool,
    rules: BTreeSet<String>,
}

/// Causes, the one that explains most first; equals in the order of their scenarios.
pub(crate) fn causes(scenarios: &[ScenarioReport]) -> Vec<Cause> {
    let mut groups: IndexMap<Vec<String>, Group> = IndexMap::new();
    for scenario in scenarios {
        let (key, group) = match scenario.verdict {
            Verdict::Failed => of_failure(scenario),
            Verdict::Error => of_environment(scenario.reason.as_deref().unwrap_or("the environment was not there")),
            _ => continue,
        };
        let kept = groups.entry(key).or_insert_with(|| Group { whys: BTreeSet::new(), ..group_of(&group) });
        kept.whys.extend(group.whys);
        kept.rules.extend(group.rules);
        kept.cause.scenarios.push(scenario.id.clone());
    }
    let mut causes: Vec<_> = groups.into_values().map(Group::finish).collect();
    causes.sort_by_key(|cause| Reverse(cause.scenarios.len()));
    causes
}

fn group_of(group: &Group) -> Group {
    let (cause, general) = (group.cause.clone(), group.general.clone());
    Group { cause, whys: BTreeSet::new(), general, is_feature: group.is_feature, rules: BTreeSet::new() }
}

impl Group {
    /// One sentence for all: the missing feature, that of the only failure, or what they have in common.
    fn finish(mut self) -> Cause {
        if (self.whys.len() > 1 || self.is_feature) && !self.general.is_empty() {
            let named: Vec<_> = self.rules.iter().take(RULES).map(String::as_str).collect();
            let more = if self.rules.len() > RULES { ", ..." } else { "" };
            let rules = if named.is_empty() { String::new() } else { format!(" ({}{more})", named.join(", ")) };
            self.cause.title = format!("{}{rules}", self.general);
        }
        self.cause
    }
}

/// What failures with one root have in common: who is to blame by which rule, and the storage call that is the evidence; without one,
/// the feature that is missing, or the kind of request with what was expected of it and what came.
fn of_failure(scenario: &ScenarioReport) -> (Vec<String>, Group) {
    let check = first_failed(scenario);
    let cause = cause_of(scenario);
    let mut key = vec![cause.parties()];
    let rules = check.iter().flat_map(|check| check.rules.iter().cloned()).collect();
    let whys = BTreeSet::from([cause.title.clone()]);
    let storage = scenario.blame.as_ref().and_then(|blame| storage_evidence(scenario, blame));
    let mut is_feature = false;
    let general = match (storage, check) {
        (Some(call), _) => {
            key.extend([cause.rule.clone(), call]);
            String::new()
        }
        (None, Some(check)) => match FEATURES.iter().find(|feature| (feature.is_it)(check)) {
            Some(feature) => {
                is_feature = true;
                key.push(feature.title.to_owned());
                feature.title.to_owned()
            }
            None => {
                let (at, what) = (request(&check.at), text(&check.what));
                let (class, expected, actual) = expectation(check);
                key.extend([at.clone(), what.clone(), class, actual.clone()]);
                match actual.as_str() {
                    "wrong" => format!("{at}: {what} is not as expected"),
                    actual => format!("{at}: {what} is {actual}, expected {expected}"),
                }
            }
        },
        (None, None) => {
            key.push(cause.title.clone());
            String::new()
        }
    };
    (key, Group { cause, whys, general, is_feature, rules })
}

fn cause_of(scenario: &ScenarioReport) -> Cause {
    let (title, party, provoked_by, rule) = match &scenario.blame {
        Some(blame) => (blame.why.clone(), blame.party, blame.provoked_by, blame.rule.clone()),
        None => (scenario.reason.clone().unwrap_or_default(), Party::Unknown, None, "unknown".to_owned()),
    };
    Cause { title, party, provoked_by, rule, scenarios: Vec::new() }
}

fn first_failed(scenario: &ScenarioReport) -> Option<&Check> {
    let mut checks = scenario.steps.iter().flat_map(|step| &step.checks);
    checks.find(|check| check.verdict == Verdict::Failed)
}

/// The storage call that shows a provoked failure: operation, faults, status.
fn storage_evidence(scenario: &ScenarioReport, blame: &Blame) -> Option<String> {
    let mut calls = blame.evidence.iter().filter_map(|evidence| scenario.calls.get(evidence.call));
    let call = calls.find(|call| !call.is_client()).filter(|_| blame.provoked_by.is_some())?;
    let effects = call.faults.iter().map(|fault| fault.effect.as_str()).collect::<Vec<_>>().join(" ");
    Some(format!("{} {effects} {:?}", call.operation.as_deref().unwrap_or_default(), call.status))
}

fn of_environment(reason: &str) -> (Vec<String>, Group) {
    // The step that met the dead target first differs from scenario to scenario; the target does not.
    let root = UNREACHABLE.iter().find_map(|words| reason.find(words)).map(|at| &reason[at..]);
    let (rule, title) = match root {
        Some(root) => ("target-unreachable", format!("nobody is there: {root}")),
        None => ("environment", reason.to_owned()),
    };
    let cause = Cause {
        title: title.clone(),
        party: Party::Unknown,
        provoked_by: None,
        rule: rule.to_owned(),
        scenarios: Vec::new(),
    };
    let (whys, rules) = (BTreeSet::new(), BTreeSet::new());
    let group = Group { cause, whys, general: String::new(), is_feature: false, rules };
    (vec![rule.to_owned(), title], group)
}
