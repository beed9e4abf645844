//! Every rule that a scenario checks on the registry's side has a seeded defect that breaks it, so that the check can be seen failing.

use std::collections::BTreeSet;

use shakedown_cli::library::{self, Selection};
use shakedown_oci::{Incident, Rule, Side, incidents, rules};
use shakedown_registry::defects;

/// Rules and incidents without a defect, each with the reason.
const WITHOUT: &[(&str, &str)] =
    &[("K13", "what a registry keeps in memory is seen from outside its process only, not by a scenario")];

fn asserted() -> BTreeSet<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::env::set_current_dir(root).expect("the workspace root exists");
    let loaded = library::load(&Selection::default()).unwrap_or_else(|failure| panic!("{}", failure.message));
    loaded.plans.iter().flat_map(shakedown_engine::asserted).collect()
}

fn is_excused(id: &str) -> bool {
    WITHOUT.iter().any(|(excused, _)| *excused == id)
}

#[test]
fn every_checked_rule_has_a_defect() {
    let broken: BTreeSet<&str> = defects::ALL.iter().flat_map(|defect| defect.breaks).copied().collect();
    let asserted = asserted();
    let ours = |rule: &&Rule| rule.side != Side::Client && asserted.contains(rule.id);
    let missing: Vec<_> = rules().iter().filter(ours).map(|rule| rule.id).filter(|id| !broken.contains(id)).collect();
    let missing: Vec<_> = missing.into_iter().filter(|id| !is_excused(id)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "rules that scenarios check, and no defect breaks");
}

#[test]
fn every_naive_registry_of_the_catalogue_has_a_defect() {
    let named: BTreeSet<&str> = defects::ALL.iter().flat_map(|defect| defect.stands_for).copied().collect();
    let naive = |incident: &&Incident| incident.id.starts_with('K');
    let missing: Vec<_> = incidents().iter().filter(naive).map(|incident| incident.id).collect();
    let missing: Vec<_> = missing.into_iter().filter(|id| !named.contains(id) && !is_excused(id)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn no_excuse_is_stale() {
    for (id, reason) in WITHOUT {
        let known = Rule::find(id).is_some() || Incident::find(id).is_some();
        assert!(known && !reason.is_empty(), "{id}");
        let has = defects::ALL.iter().any(|defect| defect.breaks.contains(id) || defect.stands_for.contains(id));
        assert!(!has, "{id} has a defect now");
    }
}
