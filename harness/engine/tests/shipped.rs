//! Every shipped scenario on the reference registry: passes in memory and over TCP, with the same verdicts.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::{quiet, shown, verdicts};
use shakedown_engine::{Over, RunOptions, selftest};
use shakedown_reports::Verdict;
use shakedown_scenario::{Loader, Plan, Source, SourceError};

struct Files;

impl Source for Files {
    fn read(&self, path: &str) -> Result<String, SourceError> {
        let bytes = std::fs::read(path).map_err(|_| SourceError::NotFound)?;
        SourceError::text(bytes)
    }
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        let skipped = entry.file_name().is_some_and(|name| name == "systems" || name == "worlds");
        if entry.is_dir() && !skipped {
            files(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "yaml") {
            found.push(entry);
        }
    }
}

fn shipped() -> Vec<Plan> {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios"), &mut found);
    found.sort();
    let plans = found.iter().flat_map(|path| match Loader::new(&Files).check(path.to_str().unwrap()) {
        Ok(plans) => plans,
        Err(problems) => panic!("{}", shakedown_scenario::render(&problems, false)),
    });
    plans.collect()
}

#[test]
fn all_pass_in_memory_and_over_tcp_alike() {
    let memory = quiet(shipped(), &RunOptions::default());
    let bad = |result: &shakedown_engine::RunResult| -> Vec<String> {
        let bad =
            result.report.scenarios.iter().filter(|one| !matches!(one.verdict, Verdict::Passed | Verdict::Skipped));
        bad.map(|one| format!("{} {:?} {:?}\n{}\n", one.id, one.verdict, one.reason, shown(one))).collect()
    };
    assert_eq!(bad(&memory), Vec::<String>::new());
    let tcp = quiet(shipped(), &RunOptions { over: Over::Tcp, ..RunOptions::default() });
    assert_eq!(bad(&tcp), Vec::<String>::new());
    let ran = |verdicts: BTreeMap<String, Verdict>| -> BTreeMap<String, Verdict> {
        verdicts.into_iter().filter(|(_, verdict)| *verdict != Verdict::Skipped).collect()
    };
    let (memory, tcp) = (ran(verdicts(&memory)), ran(verdicts(&tcp)));
    let both: Vec<&String> = memory.keys().filter(|id| tcp.contains_key(*id)).collect();
    assert!(both.len() > 40, "most scenarios run both ways, not only {}", both.len());
    for id in both {
        assert_eq!(memory[id], tcp[id], "{id}");
    }
}

#[test]
fn every_seeded_defect_is_caught_and_runs_repeat() {
    let known: Vec<&str> =
        shakedown_registry::defects::ALL.iter().flat_map(|defect| defect.stands_for).copied().collect();
    let near =
        shipped().into_iter().filter(|plan| plan.scenario.seen.iter().any(|seen| known.contains(&seen.as_str())));
    let near: Vec<Plan> = near.collect();
    let result = selftest(&near, &RunOptions::default(), |_| {});
    let missed: Vec<_> = result.rows.iter().filter(|row| row.caught_by.is_empty()).map(|row| row.id.as_str()).collect();
    assert_eq!(missed, Vec::<&str>::new());
    assert_eq!(result.rows.len(), shakedown_registry::defects::ALL.len());
    assert!(result.complete, "nothing may fail without a defect: {:?}", result.ending);
    // The run without defects once more, in another order of events: equal but for the wall clock.
    let again = quiet(near, &RunOptions { jobs: 1, ..RunOptions::default() });
    for (mut first, mut second) in result.clean.into_iter().zip(again.report.scenarios) {
        (first.wall_us, second.wall_us) = (0, 0);
        assert_eq!(first, second);
    }
}
