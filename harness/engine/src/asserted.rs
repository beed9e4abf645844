//! Which rules and incidents the checks of a scenario name.

use std::collections::BTreeSet;

use serde_json::Value;
use shakedown_scenario::Plan;

/// The ids in `spec`, `seen` and every `rule` of a plan.
pub fn asserted(plan: &Plan) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = plan.scenario.spec.iter().chain(plan.scenario.seen.iter()).cloned().collect();
    // Every kind of step has its expectations in a place of its own; as data all are keyed `rule`.
    if let Ok(scenario) = serde_json::to_value(&plan.scenario) {
        collect(&scenario, &mut found);
    }
    found
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                match value {
                    Value::String(id) if key == "rule" => drop(found.insert(id.clone())),
                    Value::Array(ids) if key == "rule" => {
                        found.extend(ids.iter().filter_map(Value::as_str).map(str::to_owned));
                    }
                    other => collect(other, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}
