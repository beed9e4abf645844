//! `given.forward-proxy`: what passes is one call of the trace, what the proxy changes or keeps is its to answer for, in memory and over sockets.

mod common;

use common::{assert_passed, one, shown};
use shakedown_engine::{Over, RunOptions};
use shakedown_reports::{Party, ScenarioReport, Verdict};

/// A push and a pull by somebody who has logged in, with these settings of the proxy.
fn played(settings: &str, over: Over) -> ScenarioReport {
    let text = format!(
        "
title: t
given:
  forward-proxy: {settings}
  registry: {{ redirect: false }}
  images: {{ app: {{ layers: [{{ size: 20KiB }}] }} }}
  auth: {{ basic: {{ users: {{ ann: {{}} }} }} }}
steps:
- push: {{ image: app, as: \"${{repo}}:1\" }}
- pull: {{ ref: \"${{repo}}:1\", same-as: app }}
"
    );
    one("forward-proxy", &text, &RunOptions { over, ..RunOptions::default() })
}

#[test]
fn what_passes_unchanged_leaves_no_trace_of_the_proxy_but_its_name() {
    for over in [Over::Memory, Over::Tcp] {
        for user in ["client", "registry"] {
            for login in ["none", "asked"] {
                let report = played(&format!("{{ for: {user}, login: {login} }}"), over);
                assert_passed(&report);
                let lanes = |from: &str, to: &str| {
                    report.calls.iter().filter(|call| call.from == from && call.to == to).count()
                };
                assert_eq!(lanes("client", "forward-proxy") > 0, user == "client", "{}", shown(&report));
                assert!(lanes("registry", "s3") > 0, "{}", shown(&report));
                let inside = lanes("forward-proxy", "registry") + lanes("forward-proxy", "s3");
                assert_eq!(inside + lanes("registry", "forward-proxy"), 0, "{}", shown(&report));
            }
        }
    }
}

#[test]
fn what_the_proxy_of_clients_does_is_its_own() {
    for over in [Over::Memory, Over::Tcp] {
        for settings in [
            "{ for: client, body-limit: 10KiB }",
            "{ for: client, drop-authorization: true }",
            "{ for: client, login: wall }",
            "{ for: client, page: waf-403 }",
        ] {
            let report = played(settings, over);
            let blamed = report.blame.as_ref().map(|blame| blame.party);
            let expected = (Verdict::Failed, Some(Party::ForwardProxy));
            assert_eq!((report.verdict, blamed), expected, "{settings}: {}", shown(&report));
            assert!(report.calls.iter().all(|call| !format!("{call:?}").contains("YW5u")), "a login was recorded");
        }
    }
}

#[test]
fn what_the_proxy_of_the_registry_keeps_is_seen_between_registry_and_storage() {
    let report = played("{ for: registry, body-limit: 10KiB }", Over::Memory);
    assert_eq!(report.verdict, Verdict::Failed, "{}", shown(&report));
    let refused = report.calls.iter().find(|call| call.to == "forward-proxy" && call.status == Some(413));
    let refused = refused.unwrap_or_else(|| panic!("{}", shown(&report)));
    assert_eq!((refused.from.as_str(), refused.operation.as_deref()), ("registry", Some("PutObject")));
    let note = refused.note.as_deref().unwrap_or_default();
    assert!(note.starts_with("answered itself: a body of ") && note.ends_with("over the limit of 10240"), "{note}");
}
