//! A scenario that is built in code, and what can be asked of its report.

use shakedown::{Scenario, Shakedown, json, model::Verdict};

/// What stands in a test of yours.
pub fn main() {
    let scenario = Scenario::new("parts-are-throttled", "A push survives a storage that throttles parts")
        .image("app", [6 << 20])
        .fault(json!({ "on": "s3", "when": { "operation": "UploadPart", "nth": 1 }, "effect": "slow-down" }))
        .push("app", "${repo}:1")
        .pull("${repo}:1", "app")
        .after(json!({ "no-answer": { "status": "5xx" } }));

    let report = Shakedown::new().run_blocking(scenario).expect("no mistakes in it");
    assert_eq!(report.verdict("parts-are-throttled"), Some(Verdict::Passed));
    assert_eq!(report.scenarios()[0].faults_fired, 1);
}
