//! A registry on the store: the scenarios about storage, run with that registry on that store, with a proxy between them that makes the
//! store misbehave. So recovery is qualified, too. Not here: the scenarios, and how they are run (`shakedown-engine`).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use shakedown_engine::{Ending, Interrupt, Over, RunOptions, RunResult, SystemChoice};
use shakedown_probe::{OnTop, OnTopFailure, Target};
use shakedown_reports::{ScenarioReport, Verdict};

use super::Args;
use crate::commands::run::{self, SelectArgs};
use crate::commands::store;
use crate::output::{Failure, Output};
use crate::progress::Progress;

/// The folders of scenarios that are about what a store does.
const ABOUT_STORAGE: [&str; 2] = ["scenarios/storage", "scenarios/faults"];
/// What users call registries that have another name among the systems.
const OTHER_NAMES: [(&str, &str); 1] = [("docker-registry", "distribution-2.8")];
/// What runs an image of which only the name is known.
const OF_IMAGES: &str = "distribution-2.8-container";

/// The registry of that name, or of that image, with the variables of its file.
pub(super) fn system(name: &str) -> Result<(SystemChoice, BTreeMap<String, String>), Failure> {
    let name = OTHER_NAMES.iter().find(|(other, _)| *other == name).map_or(name, |(_, system)| system);
    let (system, vars) = match SystemChoice::named(name, None) {
        Ok(system) => (system, BTreeMap::new()),
        Err(_) if name.contains([':', '/']) && !name.contains("://") && !name.ends_with(".yaml") => {
            let vars = BTreeMap::from([("image".to_owned(), name.to_owned())]);
            (SystemChoice::named(OF_IMAGES, None).map_err(Failure::usage)?, vars)
        }
        Err(reason) => {
            return Err(Failure::usage(format!("--with-registry {name}: {reason}; or an image, as NAME:TAG")));
        }
    };
    if matches!(system, SystemChoice::Url { .. }) {
        return Err(Failure::usage(
            "--with-registry goes with a registry that we start: one that runs has its storage",
        ));
    }
    let vars = run::own_vars(&system, vars)?;
    Ok((system, vars))
}

/// Runs the scenarios; blocks.
pub(super) fn ask(
    args: &Args,
    name: &str,
    target: &Target,
    interrupt: Interrupt,
    output: &Output,
) -> Result<OnTop, Failure> {
    let (system, vars) = system(name)?;
    let roots = args.ca.as_ref().map(std::fs::read).transpose();
    let roots = roots.map_err(|error| Failure::usage(format!("cannot read --ca: {error}")))?;
    let credentials = target.registry.clone().unwrap_or_else(|| target.credentials.clone());
    let endpoint = target.endpoint.clone();
    let storage = store::foreign("--endpoint", endpoint, &target.bucket, &target.region, credentials, roots)?;
    let paths = ABOUT_STORAGE.map(PathBuf::from);
    let select = SelectArgs { filter: args.registry_filter.clone(), ..SelectArgs::default() };
    let plans = run::select(&paths, &select, output)?;
    let options = RunOptions {
        system,
        over: Over::Tcp,
        storage: Some(storage),
        vars,
        require_containers: true,
        interrupt,
        ..RunOptions::default()
    };
    output.note(&format!("running {} scenarios with {name} on the storage", plans.len()));
    let progress = Progress::new(output);
    let RunResult { report, ending } = shakedown_engine::run(plans, options, |event| progress.show(event));
    let failed = report.scenarios.iter().filter(|one| matches!(one.verdict, Verdict::Failed | Verdict::Error));
    let reason = match ending {
        Ending::Environment(reason) | Ending::OurBug(reason) => Some(reason),
        Ending::Interrupted => Some("interrupted".to_owned()),
        _ => None,
    };
    Ok(OnTop {
        system: name.to_owned(),
        version: report.run.system_version.clone(),
        passed: report.totals.passed,
        known: report.totals.known,
        skipped: report.totals.skipped,
        took_ms: report.run.wall_us as f64 / 1e3,
        failures: if reason.is_some() { Vec::new() } else { failed.map(failure).collect() },
        not_run: reason,
    })
}

fn failure(scenario: &ScenarioReport) -> OnTopFailure {
    let mut checks = scenario.steps.iter().flat_map(|step| &step.checks);
    let first = checks.find(|check| check.verdict == Verdict::Failed);
    let seen = first.map(|check| format!("{} at {}: {}, not {}", check.what, check.at, check.actual, check.expected));
    OnTopFailure {
        scenario: scenario.id.clone(),
        title: scenario.title.clone(),
        seen: seen.or_else(|| scenario.reason.clone()).unwrap_or_default(),
        blame: scenario.blame.as_ref().map(|blame| format!("{}: {}", blame.party.name(), blame.why)),
    }
}

/// The answer as text.
pub(super) fn show(on_top: &OnTop) -> String {
    let mut text = String::new();
    let version = on_top.version.as_deref().map(|version| format!(" ({version})")).unwrap_or_default();
    if let Some(reason) = &on_top.not_run {
        let _ = writeln!(text, "registry {}{version}: not run: {reason}", on_top.system);
        return text;
    }
    for failed in &on_top.failures {
        let _ = writeln!(text, "FAILED   {}  {}\n  seen     {}", failed.scenario, failed.title, failed.seen);
        if let Some(blame) = &failed.blame {
            let _ = writeln!(text, "  blame    {blame}");
        }
    }
    let _ = writeln!(
        text,
        "registry {}{version} on this storage: {} scenarios passed, {} known, {} failed, {} skipped; {:.1} s",
        on_top.system,
        on_top.passed,
        on_top.known,
        on_top.failures.len(),
        on_top.skipped,
        on_top.took_ms / 1e3
    );
    text
}
