//! Attached to what is already running: a registry on a socket, on an S3 mock with its control interface.

mod common;

use std::net::{Ipv4Addr, SocketAddr};

use common::{BY_HAND, LATE_LISTING, assert_passed, one, plans, quiet, shown};
use shakedown_engine::{RunOptions, SystemChoice};
use shakedown_registry::{DefectSet, Registry, RegistryConfig, defects};
use shakedown_reports::Verdict;
use shakedown_s3::control::control_party;
use shakedown_s3::{Credential, S3Config, S3Mock};
use shakedown_wire::network::{self, NetworkOptions};
use shakedown_wire::server::{Server, ServerOptions, bind, serve};
use shakedown_wire::{Clock, Party};

/// What somebody else started; on a runtime of its own, as in another process.
struct Running {
    _runtime: tokio::runtime::Runtime,
    _servers: Vec<Server>,
    options: RunOptions,
}

fn listen(party: Party) -> Server {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    serve(bind(any).unwrap(), party, ServerOptions::default())
}

fn start(defects: DefectSet) -> Running {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let guard = runtime.enter();
    let clock = Clock::real_time();
    let mock = S3Mock::new(S3Config::with_bucket("field", Credential::new("AK", "SK")), clock.clone(), 7);
    let (s3, control) = (listen(mock.party()), listen(control_party(&mock)));
    let mut config = RegistryConfig::new(s3.base_uri().parse().unwrap(), "field", "AK", "SK");
    config.defects = defects;
    let storage = network::client(&NetworkOptions::default());
    let registry = listen(Registry::new(config, storage, clock, 8).party());
    let system = SystemChoice::Url { registry: registry.base_uri(), s3_control: Some(control.base_uri()) };
    drop(guard);
    Running {
        _runtime: runtime,
        _servers: vec![s3, control, registry],
        options: RunOptions { system, ..RunOptions::default() },
    }
}

#[test]
fn scenarios_drive_what_is_already_running() {
    let running = start(DefectSet::none());
    let text = format!("{}  - no-orphan-uploads\n  - acknowledged-is-readable\n", LATE_LISTING);
    for (name, text) in [("by-hand", BY_HAND), ("late-listing", text.as_str())] {
        let report = one(name, text, &running.options);
        assert_passed(&report);
        let (client, storage): (Vec<_>, Vec<_>) = report.calls.iter().partition(|call| call.from == "client");
        assert!(
            client.iter().all(|call| call.uri.contains("/v2/sd-00000001") && call.uri.contains("/lab/app/")),
            "{}",
            shown(&report)
        );
        let caused = storage.iter().filter(|call| call.caused_by.is_some()).count();
        assert!(caused > 3, "storage calls are joined to the client's: {}", shown(&report));
    }
}

#[test]
fn a_defect_of_what_is_running_is_seen_with_its_faults() {
    let running = start(DefectSet::one(defects::find("find-upload-by-listing").unwrap()));
    let report = one("late-listing", LATE_LISTING, &running.options);
    assert_eq!(report.verdict, Verdict::Failed, "{}", shown(&report));
    assert!(report.calls.iter().any(|call| !call.faults.is_empty()), "{}", shown(&report));
}

#[test]
fn settings_and_restarts_are_not_ours_to_make() {
    let running = start(DefectSet::none());
    let settings = BY_HAND.replace("given:", "given:\n  registry: { delete: false }");
    let report = one("settings", &settings, &running.options);
    assert_eq!(report.verdict, Verdict::Skipped);
    let restart = format!("{BY_HAND}  - restart: {{}}\n");
    let report = one("restart", &restart, &running.options);
    assert_eq!(report.verdict, Verdict::Skipped);
}

#[test]
fn a_registry_on_another_storage_is_noticed() {
    let (one_of_them, other) = (start(DefectSet::none()), start(DefectSet::none()));
    let (SystemChoice::Url { registry, .. }, SystemChoice::Url { s3_control, .. }) =
        (one_of_them.options.system.clone(), other.options.system.clone())
    else {
        unreachable!("both are URLs")
    };
    let options = RunOptions { system: SystemChoice::Url { registry, s3_control }, ..RunOptions::default() };
    let result = quiet(plans("by-hand", BY_HAND), &options);
    assert_eq!(result.ending.exit_code(), 3);
    let reason = result.report.scenarios[0].reason.clone().unwrap();
    assert!(reason.contains("does not stand on this S3 mock"), "{reason}");
}
