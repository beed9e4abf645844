//! `scenarios/incidents.md` is current. `SHAKEDOWN_BLESS=1 cargo test --test coverage` rewrites it; where docker-registry 2.8.2 is
//! installed, `SHAKEDOWN_BLESS=real cargo test --test coverage` runs all scenarios of incidents on it first and keeps what it did.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use shakedown_cli::catalogue::{Ran, coverage, real_results, stem};
use shakedown_cli::library::{self, Selection};
use shakedown_engine::{Over, RunOptions, SystemChoice, SystemFile};
use shakedown_registry::{Defect, defects};
use shakedown_reports::Verdict;
use shakedown_scenario::Plan;

const HEAD: &str = "# Incidents and what covers them

Each incident of the catalogue (`shakedown explain A01` tells all of one), the scenarios that reproduce it, how the reference registry ends
(every scenario passes on it: it survives, or fails cleanly where no registry can do better), what the scenarios did to docker-registry 2.8.2 (a
failure is the incident, reproduced; the answer that field reports recorded stands behind it, and a run that does not see it again fails), and the
seeded defects that stand for it.

Generated: `SHAKEDOWN_BLESS=1 cargo test -p shakedown-cli --test coverage`, with `SHAKEDOWN_BLESS=real` also the column of the real registry.

";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace root exists")
}

fn plans() -> Vec<Plan> {
    std::env::set_current_dir(root()).expect("the workspace root exists");
    let loaded = library::load(&Selection::default()).unwrap_or_else(|failure| panic!("{}", failure.message));
    assert!(loaded.problems.is_empty(), "{}", shakedown_scenario::render(&loaded.problems, false));
    loaded.plans
}

/// Runs what reproduces an incident on the real registry.
fn run_real(plans: &[Plan]) -> BTreeMap<String, Ran> {
    let name = "distribution-2.8";
    let file = SystemFile::parse(name, SystemFile::shipped(name).expect("shipped")).expect("right");
    let about: Vec<Plan> = plans.iter().filter(|plan| plan.scenario.seen.iter().next().is_some()).cloned().collect();
    let stems: BTreeMap<String, String> = about.iter().map(|plan| (plan.id.clone(), stem(plan).to_owned())).collect();
    let options =
        RunOptions { over: Over::Tcp, system: SystemChoice::Process(Box::new(file)), jobs: 2, ..RunOptions::default() };
    let report = shakedown_engine::run(about, options, |_| {}).report;
    let mut ran: BTreeMap<String, Ran> = BTreeMap::new();
    for scenario in report.scenarios {
        let entry = ran.entry(stems[&scenario.id].clone()).or_default();
        match scenario.verdict {
            Verdict::Passed => entry.passed += 1,
            Verdict::Failed | Verdict::Known => entry.failed += 1,
            _ => entry.skipped = scenario.reason,
        }
    }
    ran
}

#[test]
fn the_table_of_incidents_is_current() {
    let plans = plans();
    let bless = std::env::var("SHAKEDOWN_BLESS").unwrap_or_default();
    let data = root().join("harness/cli/src/catalogue/distribution-2.8.yaml");
    let real = if bless == "real" { run_real(&plans) } else { real_results() };
    if bless == "real" {
        let lines = real.iter().map(|(id, ran)| format!("{id}: {}\n", serde_json::to_string(ran).expect("plain data")));
        fs::write(&data, lines.collect::<String>()).expect("writable");
    }
    for id in real.keys() {
        assert!(
            plans.iter().any(|plan| stem(plan) == id),
            "{id} is in {}, but there is no such scenario",
            data.display()
        );
    }
    let page = root().join("scenarios/incidents.md");
    let text = format!("{HEAD}{}", coverage(&plans, &real));
    if fs::read_to_string(&page).unwrap_or_default() == text {
        return;
    }
    assert!(
        !bless.is_empty(),
        "scenarios/incidents.md is not current: SHAKEDOWN_BLESS=1 cargo test -p shakedown-cli --test coverage"
    );
    fs::write(&page, text).expect("writable");
}

#[test]
fn every_incident_is_reproduced_or_says_why_not() {
    let plans = plans();
    let open: Vec<_> = shakedown_oci::incidents()
        .iter()
        .filter(|incident| shakedown_cli::catalogue::state(incident, &plans) == "no scenario yet")
        .map(|incident| incident.id)
        .collect();
    let new: Vec<_> = open.iter().filter(|id| !OPEN.contains(id)).collect();
    assert!(new.is_empty(), "{new:?} lost their scenario: give a reason (`no-scenario`) in catalogue/texts");
}

/// The scenarios of an incident catch the defects that stand for it: it is the incident that they show, not something beside it.
#[test]
fn a_defect_that_stands_for_an_incident_is_caught_by_its_scenarios() {
    let plans = plans();
    let pairs: Vec<(&Defect, &str)> =
        defects::ALL.iter().flat_map(|defect| defect.stands_for.iter().map(move |id| (*defect, *id))).collect();
    let (next, missed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((defect, id)) = pairs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut own =
                        plans.iter().filter(|plan| plan.scenario.seen.iter().any(|seen| seen == id)).peekable();
                    if own.peek().is_some() && !own.any(|plan| sees(plan, defect)) {
                        missed.lock().unwrap().push(format!("{}: no scenario of {id} sees it", defect.id));
                    }
                }
            });
        }
    });
    assert_eq!(missed.into_inner().unwrap(), Vec::<String>::new());
}

/// True if the scenario fails on a registry with the defect, or remarks on a habit that it lacks.
fn sees(plan: &Plan, defect: &Defect) -> bool {
    let system = SystemChoice::Reference { defects: vec![defect.id.to_owned()], allowed: Vec::new() };
    let options = RunOptions { system, jobs: 1, ..RunOptions::default() };
    let report = shakedown_engine::run(vec![plan.clone()], options, |_| {}).report;
    let breaks = |rules: &[String]| rules.iter().any(|rule| defect.breaks.contains(&rule.as_str()));
    report.scenarios.iter().any(|scenario| {
        let mut checks = scenario.steps.iter().flat_map(|step| &step.checks);
        scenario.verdict == Verdict::Failed
            || checks.any(|check| check.verdict == Verdict::Inconclusive && breaks(&check.rules))
    })
}

/// Incidents that have neither yet; the list may only shrink.
const OPEN: &[&str] = &[];
