//! Outcomes from checks, and each file.

use super::*;
use crate::{Ability, Check, StepReport, Verdict, sample};

fn check(at: &str, actual: &str, verdict: Verdict) -> Check {
    let (what, expected) = ("status".to_owned(), "202".to_owned());
    Check {
        rules: vec![],
        what,
        expected,
        actual: actual.to_owned(),
        at: at.to_owned(),
        verdict,
        duty: String::new(),
        call: None,
    }
}

/// A report of one scenario.
fn run(id: &str, verdict: Verdict, checks: Vec<Check>) -> Report {
    let mut report = sample::report();
    report.run.abilities.clear();
    report.scenarios.truncate(1);
    let one = &mut report.scenarios[0];
    (one.id, one.verdict) = (id.to_owned(), verdict);
    one.steps = vec![StepReport { title: String::new(), line: None, verdict, checks, calls: (0, 0) }];
    report
}

fn api(name: &str, report: &Report) -> &'static str {
    outcome(APIS.iter().find(|row| row.name == name).unwrap(), APIS, report).name()
}

const DELETE: &str = "DELETE /v2/lab/app/blobs/sha256:0123";
const GET: &str = "round 2: GET /v2/lab/app/blobs/sha256:0123: GET /v2/lab/app/blobs/sha256:0123";

#[test]
fn an_api_passes_only_if_a_check_of_it_passed_and_none_failed() {
    let deleted = || check(DELETE, "202", Verdict::Passed);
    let passed = run("delete-blob[small]", Verdict::Passed, vec![deleted()]);
    assert_eq!((api("Blob delete", &passed), api("Blob delete atomic", &passed)), ("Pass", "Skip"));
    assert_eq!(api("Blob get", &passed), "Skip", "its scenarios were not run");
    let there = run("delete-blob[small]", Verdict::Failed, vec![deleted(), check(GET, "200", Verdict::Failed)]);
    assert_eq!((api("Blob delete", &there), api("Blob delete atomic", &there)), ("Pass", "FAIL"));
    let refused = run("delete-blob[small]", Verdict::Known, vec![check(DELETE, "500", Verdict::Failed)]);
    assert_eq!(api("Blob delete", &refused), "FAIL", "that it is known makes it no pass");
    let elsewhere = run("delete-blob[small]", Verdict::Failed, vec![deleted(), check("push x", "", Verdict::Failed)]);
    assert_eq!(api("Blob delete", &elsewhere), "FAIL", "a failure that is nobody's is everybody's");
    let silent = run("delete-blob[small]", Verdict::Failed, vec![deleted()]);
    assert_eq!(api("Blob delete", &silent), "FAIL", "a scenario can fail without a check");
    assert_eq!(api("Blob delete", &run("delete-blob", Verdict::Error, vec![deleted()])), "Error");
}

#[test]
fn what_a_registry_does_not_have_is_disabled_and_what_it_may_leave_is_skipped() {
    let mut absent = run("delete-blob[small]", Verdict::Skipped, vec![]);
    assert_eq!(api("Blob delete", &absent), "Skip");
    absent.run.abilities = vec![Ability { name: "delete-blob".to_owned(), there: false, evidence: "405".to_owned() }];
    assert_eq!((api("Blob delete", &absent), api("Blob get", &absent)), ("Disabled", "Skip"));
    let mount = |status| {
        let at = "POST /v2/lab/app/blobs/uploads/?mount=sha256:0123&from=lab/b";
        run("mount-blob[small]", Verdict::Passed, vec![check(at, status, Verdict::Passed)])
    };
    assert_eq!(api("Blob mount", &mount("201")), "Pass");
    assert_eq!(api("Blob mount", &mount("202")), "Skip", "an upload that begins is no mount");
}

#[test]
fn each_file_has_its_shape() {
    let mut report = run("delete-blob[small]", Verdict::Passed, vec![check(DELETE, "202", Verdict::Passed)]);
    report.run.system = "https://registry.test:5000".to_owned();
    let said = Product { vendor: "A \"vendor\": of\nnames".to_owned(), ..Product::default() };
    let product = said.or_as_seen(&report);
    assert_eq!(product.missing().len(), 5, "{:?}", product.missing());
    let left_out = ["pull-blob[empty]", "pull-blob[one-byte]", "tags-list"].map(str::to_owned);
    let command = "shakedown run --tag conformance --system https://registry.test:5000 --seed 7";
    let files = Certification { report: &report, product: &product, command, left_out: &left_out }.files();
    let names: Vec<_> = files.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["PRODUCT.yaml", "README.md", "results.yaml", "report.html", "junit.xml"]);
    for (name, text) in &files[..3] {
        insta::assert_snapshot!(name.to_lowercase().replace('.', "_"), text);
    }
    // The pages are those of the formats, which have snapshots of their own.
    for (name, text) in [("html", &files[3].1), ("junit", &files[4].1)] {
        assert_eq!(*text, Format::named(name).unwrap().text(&report, &Options::default()));
    }
}

#[test]
fn the_tables_are_sorted_and_say_each_name_once() {
    for rows in [APIS, DATA] {
        assert!(rows.is_sorted_by(|one, next| one.name < next.name), "{rows:?}");
        assert!(rows.iter().all(|row| row.calls.is_empty() == row.scenarios.is_empty()));
    }
}
