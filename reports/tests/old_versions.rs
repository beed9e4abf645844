//! Reports that older versions wrote stay readable, in every format; so do measurements.

use shakedown_reports::bench::{BenchReport, FORMS};
use shakedown_reports::{FORMATS, Options, Report};

#[test]
fn the_first_reports_can_be_rendered_in_every_format() {
    let report: Report = serde_json::from_str(include_str!("data/first-v1.json")).expect("it is still a report");
    assert_eq!(report.totals.failed, 1);
    for format in FORMATS {
        let text = format.text(&report, &Options::default());
        assert!(text.len() > 100, "{}: {text}", format.name);
    }
}

#[test]
fn measurements_without_the_faults_that_struck_can_be_rendered_in_every_form() {
    let mut old: serde_json::Value = serde_json::from_str(include_str!("data/bench-v1.json")).expect("JSON");
    for system in old["loads"][0]["systems"].as_array_mut().expect("systems") {
        // The first version did not count them.
        assert!(system.as_object_mut().expect("a system").remove("faults").is_some());
    }
    let report: BenchReport = serde_json::from_value(old).expect("it is still a measurement");
    for form in FORMS {
        let text = (form.bench)(&report, None);
        assert!(text.contains("distribution-2.8"), "{}: {text}", form.name);
    }
}
