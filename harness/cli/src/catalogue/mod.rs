//! The incident catalogue in words: what people see, why, what is right, what helps, what a real registry answered. One file per block
//! in `texts/`; ids and titles are `shakedown_oci::incidents`. Not here: the scenarios, which reproduce it.

mod coverage;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use shakedown_oci::Incident;
use shakedown_scenario::Plan;

pub use coverage::{Ran, coverage, real_results};

/// What is known of one incident.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Entry {
    /// What people see.
    pub happens: String,
    /// The mechanism.
    pub because: String,
    /// What the specification, or common sense, asks.
    pub right: String,
    /// Settings and work-arounds that are known to help.
    #[serde(default)]
    pub fix: Option<String>,
    /// What docker-registry 2.8.2, distribution 3.1.1 or skopeo 1.9.3 answered when it was tried.
    #[serde(default)]
    pub real: Option<String>,
    /// Threads, as `owner/repository#number`.
    #[serde(default)]
    pub links: Vec<String>,
    /// Why there is no scenario.
    #[serde(default)]
    pub no_scenario: Option<String>,
}

impl Entry {
    /// The addresses behind `links`.
    pub fn addresses(&self) -> impl Iterator<Item = String> + '_ {
        self.links.iter().map(|link| match link.split_once('#') {
            Some((repository, number)) => format!("https://github.com/{repository}/issues/{number}"),
            None => link.clone(),
        })
    }
}

const TEXTS: &[&str] = &[
    include_str!("texts/a.yaml"),
    include_str!("texts/b.yaml"),
    include_str!("texts/c.yaml"),
    include_str!("texts/d.yaml"),
    include_str!("texts/e.yaml"),
    include_str!("texts/f.yaml"),
    include_str!("texts/g.yaml"),
    include_str!("texts/h.yaml"),
    include_str!("texts/i.yaml"),
    include_str!("texts/j.yaml"),
    include_str!("texts/k.yaml"),
];

static ENTRIES: LazyLock<BTreeMap<String, Entry>> = LazyLock::new(|| {
    let read = |text: &&str| -> BTreeMap<String, Entry> {
        serde_saphyr::from_str(text).expect("shipped texts are right: a test reads them all")
    };
    TEXTS.iter().flat_map(read).collect()
});

/// What is known of the incident with this id.
pub fn entry(id: &str) -> Option<&'static Entry> {
    ENTRIES.get(id)
}

/// Plans that reproduce an incident, one per file, in the order of their ids.
pub fn scenarios<'p>(incident: &Incident, plans: &'p [Plan]) -> Vec<&'p Plan> {
    let mut found: Vec<&Plan> =
        plans.iter().filter(|plan| plan.scenario.seen.iter().any(|seen| seen == incident.id)).collect();
    found.sort_by_key(|plan| stem(plan));
    found.dedup_by_key(|plan| stem(plan).to_owned());
    found
}

/// The file's stem: the id without the case.
pub fn stem(plan: &Plan) -> &str {
    plan.id.split('[').next().unwrap_or(&plan.id)
}

/// How an incident stands, in a few words: its scenarios, or why there is none.
pub fn state(incident: &Incident, plans: &[Plan]) -> String {
    let scenarios: Vec<_> = scenarios(incident, plans).into_iter().map(stem).collect();
    match (scenarios.is_empty(), entry(incident.id).and_then(|entry| entry.no_scenario.as_deref())) {
        (false, _) => scenarios.join(" "),
        (true, Some(reason)) => format!("no scenario: {reason}"),
        (true, None) => "no scenario yet".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_incident_has_its_words_and_there_are_no_others() {
        let known: Vec<_> = shakedown_oci::incidents().iter().map(|incident| incident.id).collect();
        assert_eq!(ENTRIES.keys().map(String::as_str).collect::<Vec<_>>(), known);
        for (id, entry) in ENTRIES.iter() {
            let texts = [
                Some(&entry.happens),
                Some(&entry.because),
                Some(&entry.right),
                entry.fix.as_ref(),
                entry.real.as_ref(),
            ];
            for text in texts.into_iter().flatten() {
                assert!(text.len() > 3 && text.trim_end_matches(')').ends_with(['.', '?']), "{id}: {text}");
            }
        }
    }

    #[test]
    fn links_are_threads() {
        for (id, link) in ENTRIES.iter().flat_map(|(id, entry)| entry.links.iter().map(move |link| (id, link))) {
            let parts =
                link.split_once('#').map(|(repository, number)| (repository.split('/').count(), number.parse::<u32>()));
            assert!(matches!(parts, Some((2, Ok(1..)))), "{id}: {link}");
        }
        let address = entry("B01").unwrap().addresses().next();
        assert_eq!(address.as_deref(), Some("https://github.com/juicedata/juicesync/issues/6"));
    }
}
