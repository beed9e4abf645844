//! Who is blamed when it is known who is to blame: the tables in `data/blame/`, one row per case.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::Deserialize;
use serde_json::{Value, json};
use shakedown_engine::{RunOptions, SystemChoice, parse_yaml};
use shakedown_faults::Effect;
use shakedown_reports::{Party, ScenarioReport, Verdict};
use shakedown_scenario::Plan;

use common::shipped::shipped;

/// Right of a hundred, at least.
const RIGHT_PERCENT: usize = 95;

/// A known culprit, and who must be blamed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Row {
    /// A defect of the registry, seen by a shipped scenario.
    defect: Option<String>,
    scenario: Option<String>,
    /// Where an effect or a profile of a gateway is.
    on: Option<String>,
    effect: Option<Value>,
    when: Option<Value>,
    s3_profile: Option<String>,
    gateway_profile: Option<String>,
    /// What a client does wrong.
    client: Option<String>,
    steps: Option<Value>,
    /// Size of the layer; a small one if absent.
    layer: Option<String>,
    #[serde(default)]
    registry: Value,
    /// `nobody` if all goes well.
    blame: String,
    provoked_by: Option<String>,
}

impl Row {
    fn name(&self) -> String {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let effect = self.effect.as_ref().map(Value::to_string).unwrap_or_default();
        let parts = [&self.defect, &self.scenario, &self.on, &self.s3_profile, &self.gateway_profile, &self.client];
        let parts: Vec<String> = parts.into_iter().map(text).chain([effect]).filter(|part| !part.is_empty()).collect();
        parts.join(" ")
    }

    fn plan(&self, shipped: &BTreeMap<String, Plan>) -> Plan {
        if let Some(id) = &self.scenario {
            return shipped.get(id).unwrap_or_else(|| panic!("no scenario {id}")).clone();
        }
        let layer = self.layer.as_deref().unwrap_or("150KiB");
        let mut given = json!({
            "images": { "app": { "layers": [{ "size": layer }, { "size": "4KiB" }] } },
            "blobs": { "one": { "size": "30B" }, "other": { "size": "31B" } },
            "registry": { "part-size": "64KiB" },
            "s3": { "min-part": "64KiB" },
        });
        if let Value::Object(settings) = &self.registry {
            given["registry"].as_object_mut().unwrap().extend(settings.clone());
        }
        let is_upstream = self.on.as_deref() == Some("upstream");
        if is_upstream {
            given["upstream"] = json!({ "pushed": ["app"] });
        }
        let mut faults = Vec::new();
        let (on, before) = match self.on.as_deref() {
            Some("gateway-of-storage") => ("gateway", Some("storage")),
            Some("gateway") => ("gateway", Some("registry")),
            Some(other) => (other, None),
            None => ("s3", None),
        };
        if let Some(before) = before {
            given["gateway"] = json!({ "before": before });
        }
        if let Some(effect) = &self.effect {
            let mut fault = json!({ "on": on, "effect": effect });
            if let Some(when) = &self.when {
                fault["when"] = when.clone();
            }
            faults.push(fault);
        }
        let name = self.name();
        let profile = self.gateway_profile.as_ref().map(|name| gateway_profile(name));
        if let Some(profile) = &profile {
            let mut settings = serde_json::to_value(&profile.settings).unwrap();
            settings["before"] = before.unwrap().into();
            given["gateway"] = settings;
            faults.extend(profile.faults.iter().map(|fault| serde_json::to_value(fault).unwrap()));
        }
        if let Some(profile) = &self.s3_profile {
            let profile = shakedown_s3::profiles::profile(profile).unwrap_or_else(|| panic!("no profile {profile}"));
            faults.extend(profile.faults.iter().map(|fault| serde_json::to_value(fault).unwrap()));
            if let Some(equal) = profile.settings.equal_parts {
                given["s3"]["equal-parts"] = equal.into();
            }
        }
        let steps = self.steps.clone().unwrap_or_else(|| if is_upstream { pull_through() } else { round_trip() });
        let after = if self.client.is_some() { json!([]) } else { json!(INVARIANTS) };
        let scenario = json!({ "title": name, "given": given, "faults": faults, "steps": steps, "after": after });
        common::plans("row", &scenario.to_string()).remove(0)
    }

    fn options(&self) -> RunOptions {
        let defects = self.defect.iter().cloned().collect();
        RunOptions {
            system: SystemChoice::Reference { defects, allowed: Vec::new() },
            jobs: 1,
            ..RunOptions::default()
        }
    }
}

const INVARIANTS: &[&str] = &["no-orphan-uploads", "every-tag-resolves", "acknowledged-is-readable"];

fn round_trip() -> Value {
    json!([
        { "push": { "image": "app", "as": "${repo}:1", "within": "60s" } },
        { "pull": { "ref": "${repo}:1", "same-as": "app", "within": "60s" } },
        { "tags": { "equals": ["1"] } },
    ])
}

fn pull_through() -> Value {
    json!([{ "pull": { "ref": "${repo}:app", "same-as": "app", "within": "60s" } }])
}

fn gateway_profile(name: &str) -> shakedown_peers::gateway::profiles::Profile {
    shakedown_peers::gateway::profiles::Profile::named(name).unwrap_or_else(|| panic!("no profile {name}"))
}

fn word(party: Party) -> String {
    serde_json::to_value(party).unwrap().as_str().unwrap().to_owned()
}

/// What was found, in the words of the table.
fn found(report: &ScenarioReport) -> (String, Option<String>, String) {
    match (&report.verdict, &report.blame) {
        (Verdict::Failed, Some(blame)) => {
            let of_all = |call: usize| call < report.calls.len();
            assert!(!blame.rule.is_empty() && !blame.why.is_empty(), "{}: {blame:?}", report.id);
            assert!(blame.evidence.iter().all(|evidence| of_all(evidence.call)), "{}: {blame:?}", report.id);
            let failed =
                report.steps.iter().flat_map(|step| &step.checks).find(|check| check.verdict == Verdict::Failed);
            assert!(
                !blame.evidence.is_empty() || failed.is_none_or(|check| check.call.is_none()),
                "{}: {blame:?}",
                report.id
            );
            (word(blame.party), blame.provoked_by.map(word), format!("{}: {}", blame.rule, blame.why))
        }
        (Verdict::Failed, None) => ("nobody, though it failed".to_owned(), None, String::new()),
        (verdict, _) => ("nobody".to_owned(), None, format!("{verdict:?} {:?}", report.reason)),
    }
}

/// Runs the rows; most must be right, and none may accuse a party that behaved.
fn judge(rows: &[Row]) {
    let shipped: BTreeMap<String, Plan> = match rows.iter().any(|row| row.scenario.is_some()) {
        true => shipped().into_iter().map(|plan| (plan.id.clone(), plan)).collect(),
        false => BTreeMap::new(),
    };
    let (mut right, mut wrong, mut accused) = (0, String::new(), String::new());
    for row in rows {
        let report = common::quiet(vec![row.plan(&shipped)], &row.options()).report.scenarios.remove(0);
        let (party, provoked_by, why) = found(&report);
        if (&party, &provoked_by) == (&row.blame, &row.provoked_by) {
            right += 1;
            continue;
        }
        let by = provoked_by.map(|by| format!(" by {by}")).unwrap_or_default();
        let expected = row.provoked_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        let line = format!("{}: {party}{by}, not {}{expected}; {why}", row.name(), row.blame);
        let excused = ["nobody", "unknown"].contains(&party.as_str());
        let innocent = party != row.blame && !excused;
        let _ = writeln!(if innocent { &mut accused } else { &mut wrong }, "{line}");
    }
    assert_eq!(accused, "", "parties that behaved were accused; not right besides:\n{wrong}");
    assert!(right * 100 >= rows.len() * RIGHT_PERCENT, "{right} of {} are right, not:\n{wrong}", rows.len());
}

fn rows(name: &str, text: &str) -> Vec<Row> {
    parse_yaml(name, text).unwrap_or_else(|error| panic!("{error}"))
}

/// Each of `known` has a row, and no row names another.
fn complete<'a>(named: impl Iterator<Item = Option<&'a str>>, known: impl Iterator<Item = &'a str>) {
    let (named, known): (BTreeSet<&str>, BTreeSet<&str>) = (named.flatten().collect(), known.collect());
    assert_eq!(named, known);
}

#[test]
fn the_registry_is_blamed_for_each_of_its_defects() {
    let rows = rows("defects.yaml", include_str!("data/blame/defects.yaml"));
    let all = shakedown_registry::defects::ALL.iter().map(|defect| defect.id);
    complete(rows.iter().map(|row| row.defect.as_deref()), all);
    judge(&rows);
}

#[test]
fn who_is_struck_by_a_fault_is_blamed_and_not_the_sound_parties() {
    let rows = rows("effects.yaml", include_str!("data/blame/effects.yaml"));
    let name = |row: &'_ Row| match row.effect.clone().unwrap() {
        Value::Object(effect) => effect.keys().next().unwrap().clone(),
        effect => effect.as_str().unwrap().to_owned(),
    };
    let names: Vec<String> = rows.iter().map(name).collect();
    complete(names.iter().map(|name| Some(name.as_str())), Effect::KINDS.iter().map(|(name, _)| *name));
    judge(&rows);
}

#[test]
fn who_behaves_as_a_profile_says_is_blamed_or_survived() {
    let rows = rows("profiles.yaml", include_str!("data/blame/profiles.yaml"));
    let of_stores = shakedown_s3::profiles::profiles().iter().map(|profile| profile.name);
    complete(rows.iter().map(|row| row.s3_profile.as_deref()), of_stores);
    let of_gateways = shakedown_peers::gateway::profiles::list().map(|(name, _)| name);
    complete(rows.iter().map(|row| row.gateway_profile.as_deref()), of_gateways);
    judge(&rows);
}

#[test]
fn a_client_that_does_wrong_is_blamed() {
    judge(&rows("clients.yaml", include_str!("data/blame/clients.yaml")));
}
