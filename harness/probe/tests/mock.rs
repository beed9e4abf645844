//! The probes judge rightly: nothing fails on the mock, and on each way to differ from S3 exactly the probes that ask for it do.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Lab, ids};
use shakedown_probe::{Decision, Level, Plan, Profile, Severity, Verdict};
use shakedown_s3::profiles::{Fails, Settings, profiles};
use shakedown_wire::Clock;

/// Further ways to differ, and the probes that fail on them; the mock's profiles say so of themselves.
const MATRIX: &str = include_str!("matrix.yaml");
const LEVELS: [Level; 3] = [Level::Quick, Level::Standard, Level::Heavy];

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Row {
    faults: Vec<shakedown_faults::Fault>,
    settings: Settings,
    /// No signature is checked.
    open: bool,
    quick: Vec<String>,
    standard: Vec<String>,
    heavy: Vec<String>,
}

impl Row {
    /// The probes that are due to fail at a level, and those of them that no lower level asks.
    fn due(&self, level: Level) -> (BTreeSet<String>, BTreeSet<String>) {
        let lists = [&self.quick, &self.standard, &self.heavy];
        let at = level as usize;
        (lists[..=at].iter().copied().flatten().cloned().collect(), lists[at].iter().cloned().collect())
    }
}

fn matrix() -> BTreeMap<String, Row> {
    let mut rows: BTreeMap<String, Row> = serde_saphyr::from_str(MATRIX).expect("the matrix is YAML");
    for profile in profiles() {
        let Fails { quick, standard, heavy } = profile.fails.clone();
        let (faults, settings) = (profile.faults.clone(), profile.settings.clone());
        let row = Row { faults, settings, open: false, quick, standard, heavy };
        assert!(rows.insert(profile.name.to_owned(), row).is_none(), "{} stands twice", profile.name);
    }
    rows
}

#[tokio::test(start_paused = true)]
async fn nothing_fails_on_the_mock_at_any_level() {
    for level in [Level::Quick, Level::Standard, Level::Heavy] {
        let lab = Lab::new(None);
        let report = lab.qualify(Plan::new(level, 7)).await;
        let failed: Vec<_> = report.results.iter().filter(|result| result.verdict == Verdict::Failed).collect();
        assert!(failed.is_empty(), "{level:?}: {:#?}", failed.iter().map(|r| (&r.id, &r.reason)).collect::<Vec<_>>());
        let not_run: Vec<_> = report.results.iter().filter(|result| result.verdict == Verdict::NotRun).collect();
        assert!(not_run.is_empty(), "{level:?}: {:#?}", not_run.iter().map(|r| (&r.id, &r.reason)).collect::<Vec<_>>());
        for profile in &report.profiles {
            assert_eq!(profile.decision, Decision::Qualified, "{level:?} {profile:?}");
        }
        lab.is_clean(&report);
        let plan = Plan::new(level, 7);
        assert!(report.requests <= plan.requests() + 200, "{level:?}: {} of {}", report.requests, plan.requests());
        if level == Level::Quick {
            assert!(report.requests < 400, "quick took {} requests", report.requests);
        }
    }
}

/// The probes that fail at this row; all are asked, or only some.
fn failed(row: &Row, level: Level, only: &BTreeSet<String>) -> BTreeSet<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let lab = Lab::with(&row.settings, row.faults.clone(), Clock::virtual_time());
        lab.mock.configure(|config| config.verify_signatures = !row.open);
        let only = only.iter().cloned().collect();
        let report = lab.qualify(Plan { only, ..Plan::new(level, 7) }).await;
        lab.is_clean(&report);
        ids(&report, Verdict::Failed).into_iter().collect()
    })
}

/// What differs at this row from what it says.
fn wrong(name: &str, row: &Row) -> Vec<String> {
    // All of the higher levels takes its time: SHAKEDOWN_ALL_LEVELS=all asks for it, or of the rows that it names, best of an
    // optimised build. What only they ask is asked always.
    let wanted = std::env::var("SHAKEDOWN_ALL_LEVELS").unwrap_or_default();
    let all = wanted == "all" || wanted.split(',').any(|one| one == name);
    if !all && !wanted.is_empty() {
        return Vec::new();
    }
    let mut wrong = Vec::new();
    for level in LEVELS {
        let (due, added) = row.due(level);
        if !all && added.is_empty() {
            continue;
        }
        let whole = all || level == Level::Quick;
        let (due, only) = if whole { (due, BTreeSet::new()) } else { (added.clone(), added) };
        let failed = failed(row, level, &only);
        if failed != due {
            let more: Vec<_> = failed.difference(&due).collect();
            let fewer: Vec<_> = due.difference(&failed).collect();
            wrong.push(format!(
                "{name} ({level:?}): failed though it was not due {more:?}, passed though failure was due {fewer:?}"
            ));
        }
    }
    wrong
}

#[test]
fn on_each_quirk_exactly_its_probes_fail() {
    let rows: Vec<_> = matrix().into_iter().collect();
    let (next, all) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, std::num::NonZero::get) {
            scope.spawn(|| {
                while let Some((name, row)) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    all.lock().expect("no panic").extend(wrong(name, row));
                }
            });
        }
    });
    let wrong = all.into_inner().expect("no panic");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_probe_has_been_seen_failing() {
    // What no fault of the mock alone provokes; tests/ways.rs does.
    let elsewhere = [
        "addr.host_port",
        "auth.least_priv",
        "err.same_via_gateway",
        "pre.public_host",
        "pre.tls_chain",
        "http.expect_100",
        "http.http2",
    ];
    // Nothing fails for being slow: tests/ways.rs shows that it is told.
    let elsewhere =
        elsewhere.into_iter().chain(["perf.ops", "perf.copy_throughput", "perf.many_mpu"]).collect::<Vec<_>>();
    let seen: BTreeSet<String> = matrix().into_values().flat_map(|row| row.due(Level::Heavy).0).collect();
    let unseen: Vec<_> = shakedown_probe::all()
        .map(|probe| probe.id)
        .filter(|id| !seen.iter().any(|seen| seen == id) && !elsewhere.contains(id))
        .collect();
    assert_eq!(unseen, [""; 0], "these probes never fail");
}

#[test]
fn the_list_is_in_order() {
    let mut ids: Vec<_> = shakedown_probe::all().map(|probe| probe.id).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "an id stands twice");
    for probe in shakedown_probe::all() {
        assert!(!probe.title.is_empty() && !probe.breaks.is_empty(), "{}", probe.id);
        for level in [Level::Quick, Level::Standard, Level::Heavy] {
            let asked = probe.level <= level;
            assert_eq!(asked, probe.requests[level as usize] > 0, "{} at {level:?}", probe.id);
        }
        let says = Profile::ALL.map(|profile| probe.severity.of(profile));
        let diagnostic =
            ["addr.virtual_host", "auth.clock_skew", "err.request_id", "mpu.complete_twice", "mpu.list_noprefix"];
        let info = says.iter().all(|severity| *severity == Severity::Info);
        assert!(
            !info || diagnostic.contains(&probe.id) || probe.breaks.starts_with("nothing"),
            "{} means nothing to anybody",
            probe.id
        );
    }
}
