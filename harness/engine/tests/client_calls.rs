//! What `client-calls` asserts: each entry of `data/client_calls.yaml` holds of a client that does it right, and is seen failing with
//! one that does not; then the client is to blame.

mod common;

use common::{assert_passed, one, shown};
use serde::Deserialize;
use serde_json::{Value, json};
use shakedown_engine::{RunOptions, parse_yaml};
use shakedown_reports::{Party, Verdict};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    what: String,
    #[serde(default)]
    faults: Vec<Value>,
    right: Vec<Value>,
    wrong: Vec<Value>,
    expect: Value,
    says: String,
}

impl Row {
    fn scenario(&self, client: &[Value]) -> String {
        let check = json!({ "client-calls": { "expect": [self.expect] } });
        let steps: Vec<_> = client.iter().cloned().chain([check]).collect();
        let given = json!({ "blobs": { "one": { "size": 100 } } });
        json!({ "title": self.what, "given": given, "faults": self.faults, "steps": steps }).to_string()
    }
}

#[test]
fn each_assertion_holds_and_is_seen_failing() {
    let rows: Vec<Row> = parse_yaml("client_calls.yaml", include_str!("data/client_calls.yaml")).expect("rows");
    assert!(rows.len() >= 12, "only {} rows", rows.len());
    for row in &rows {
        assert_passed(&one("right", &row.scenario(&row.right), &RunOptions::default()));
        let wrong = one("wrong", &row.scenario(&row.wrong), &RunOptions::default());
        assert_eq!(wrong.verdict, Verdict::Failed, "{}\n{}", row.what, shown(&wrong));
        let reason = wrong.reason.clone().unwrap_or_default();
        assert!(reason.contains(&row.says), "{}: {reason}", row.what);
        let blame = wrong.blame.expect("it failed");
        assert_eq!((blame.party, blame.rule.as_str()), (Party::Client, "client-conduct"), "{}", row.what);
    }
}

#[test]
fn a_check_looks_at_what_came_since_the_last_one() {
    let text = r#"
title: t
steps:
- http: { method: GET, path: /v2/ }
- client-calls: { expect: [{ method: GET, exactly: 1 }] }
- client-calls: { expect: [{ method: GET, exactly: 0 }] }
- http: { method: GET, path: /v2/ }
- client-calls: { expect: [{ to: registry, exactly: 1 }, { to: [token, storage], exactly: 0 }] }
"#;
    assert_passed(&one("since", text, &RunOptions::default()));
}
