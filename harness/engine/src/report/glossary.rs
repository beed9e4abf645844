//! What the rule and incident ids of a report stand for, taken from the tables of `shakedown-oci`.

use shakedown_oci::{Incident, Rule, Side, Version};
use shakedown_reports::{Glossary, RuleText, ScenarioReport};

/// Every id that the scenarios, their checks and their failures name.
pub(crate) fn glossary(scenarios: &[ScenarioReport], version: Version) -> Glossary {
    let mut glossary = Glossary::default();
    for scenario in scenarios {
        let checked = scenario.steps.iter().flat_map(|step| &step.checks).flat_map(|check| &check.rules);
        for id in checked.chain(&scenario.spec).chain(&scenario.seen) {
            if let Some(rule) = Rule::find(id) {
                glossary.rules.entry(id.clone()).or_insert_with(|| text(rule, version));
            } else if let Some(incident) = Incident::find(id) {
                glossary.incidents.entry(id.clone()).or_insert_with(|| incident.title.to_owned());
            }
        }
    }
    glossary
}

fn text(rule: &Rule, version: Version) -> RuleText {
    let side = match rule.side {
        Side::Registry => "registry",
        Side::Client => "client",
        Side::Both => "both",
    };
    RuleText {
        level: rule.level_in(version).map_or_else(|| format!("not in {version}"), |level| level.to_string()),
        since: rule.since(version).map_or_else(String::new, |since| since.to_string()),
        side: side.to_owned(),
        text: rule.requirement.to_owned(),
        link: rule.link(),
    }
}
