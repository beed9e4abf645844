//! The probes judge rightly: nothing fails on the mock, and on each way to differ from S3 exactly the probes that ask for it do.

mod common;

use std::collections::BTreeMap;

use common::{Lab, ids};
use shakedown_probe::{Decision, Level, Plan, Profile, Severity, Verdict};
use shakedown_wire::Clock;

/// Each way to differ, and the probes that fail on it: of the quick level, and of higher levels.
const MATRIX: &str = include_str!("matrix.yaml");

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(default)]
    faults: Vec<shakedown_faults::Fault>,
    #[serde(default)]
    settings: shakedown_s3::profiles::Settings,
    /// No signature is checked.
    #[serde(default)]
    open: bool,
    quick: Vec<String>,
    #[serde(default)]
    standard: Vec<String>,
}

fn matrix() -> BTreeMap<String, Row> {
    serde_saphyr::from_str(MATRIX).expect("the matrix is YAML")
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

async fn row(name: &str, row: &Row, level: Level, only: Vec<String>) -> Vec<String> {
    let lab = match shakedown_s3::profiles::profile(name) {
        Some(profile) => Lab::new(Some(profile)),
        None => Lab::with(&row.settings, row.faults.clone(), Clock::virtual_time()),
    };
    lab.mock.configure(|config| config.verify_signatures = !row.open);
    let report = lab.qualify(Plan { only, ..Plan::new(level, 7) }).await;
    lab.is_clean(&report);
    ids(&report, Verdict::Failed)
}

#[tokio::test(start_paused = true)]
async fn on_each_quirk_exactly_its_probes_fail() {
    let mut wrong = Vec::new();
    for (name, expected) in &matrix() {
        // All of the higher levels takes its time: SHAKEDOWN_ALL_LEVELS asks for it, best of an optimised build. What only they
        // ask is asked always.
        let all = std::env::var_os("SHAKEDOWN_ALL_LEVELS").is_some();
        for level in [Level::Quick, Level::Standard, Level::Heavy] {
            let mut due = expected.standard.clone();
            if level == Level::Quick {
                due.clone_from(&expected.quick);
            } else if all {
                due.extend(expected.quick.clone());
            }
            if level > Level::Quick && !all && (due.is_empty() || level == Level::Heavy) {
                continue;
            }
            due.sort();
            let only = if level > Level::Quick && !all { due.clone() } else { Vec::new() };
            let mut failed = row(name, expected, level, only).await;
            failed.sort();
            if failed != due {
                wrong.push(format!("{name} ({level:?}): failed {failed:?}, due {due:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_profile_of_the_mock_is_in_the_matrix_and_seen_by_what_it_says() {
    let matrix = matrix();
    for profile in shakedown_s3::profiles::profiles() {
        let row = matrix.get(profile.name).unwrap_or_else(|| panic!("{} is not in the matrix", profile.name));
        for probe in &profile.seen_by {
            assert!(
                row.quick.contains(probe) || row.standard.contains(probe),
                "{} is not seen by {probe}",
                profile.name
            );
        }
    }
}

#[test]
fn every_probe_has_been_seen_failing() {
    // What no fault of the mock alone provokes; tests/ways.rs does.
    let elsewhere = ["addr.host_port", "err.same_via_gateway", "pre.public_host", "http.expect_100"];
    // Nothing fails for being slow: tests/ways.rs shows that it is told.
    let elsewhere = elsewhere.into_iter().chain(["perf.ops"]).collect::<Vec<_>>();
    let seen: Vec<String> = matrix().into_values().flat_map(|row| row.quick.into_iter().chain(row.standard)).collect();
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
