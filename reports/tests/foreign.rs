//! Readers of others: what they count in our files is what we counted. Python with junitparser, xunitparser and haralyzer from PyPI.

use std::io::Write;
use std::process::{Command, Stdio};

use shakedown_reports::{Format, Options, Report, ScenarioReport, Totals, Verdict};

/// The Python that has the readers; in CI a missing one is an error.
#[expect(clippy::print_stderr, reason = "a skip says why, to whoever runs the tests")]
fn python() -> Option<String> {
    let python = std::env::var("SHAKEDOWN_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut probe = Command::new(&python);
    probe.args(["-c", "import junitparser, xunitparser, haralyzer"]).stdout(Stdio::null()).stderr(Stdio::null());
    let found = probe.status().is_ok_and(|status| status.success());
    assert!(found || std::env::var_os("CI").is_none(), "{python} lacks junitparser, xunitparser or haralyzer");
    if !found {
        eprintln!(
            "skipped: {python} has no junitparser, xunitparser and haralyzer; SHAKEDOWN_PYTHON names one that has"
        );
    }
    found.then_some(python)
}

/// Every verdict, a failure that passed when tried again, one that did not, two with one id, and hostile texts.
fn report() -> Report {
    let mut report: Report = serde_json::from_str(include_str!("data/first-v1.json")).expect("a report");
    let failed = report.scenarios[0].clone();
    for verdict in
        [Verdict::Passed, Verdict::Known, Verdict::Skipped, Verdict::Inconclusive, Verdict::Error, Verdict::NotRun]
    {
        let reason = Some(format!("because ]]> <&\"'\u{0}\u{1b}[31m\u{ffff} {}", verdict.name()));
        report.scenarios.push(ScenarioReport {
            id: format!("s-{}", verdict.name()),
            verdict,
            reason,
            calls: Vec::new(),
            blame: None,
            ..failed.clone()
        });
    }
    let tries = vec!["status is 503, expected 200".to_owned()];
    report.scenarios.push(ScenarioReport {
        id: "flaky".to_owned(),
        verdict: Verdict::Passed,
        failed_tries: tries.clone(),
        ..failed.clone()
    });
    report.scenarios.push(ScenarioReport { failed_tries: tries, ..failed });
    report.totals = Totals::of(report.scenarios.iter().map(|scenario| scenario.verdict));
    report
}

/// What the script prints about a file in this format.
fn read_by(python: &str, format: &str, script: &str) -> String {
    let text = Format::named(format).expect("a format").text(&report(), &Options::default());
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::File::create(&file).and_then(|mut file| file.write_all(text.as_bytes())).unwrap();
    let output = Command::new(python).args(["-c", script]).arg(&file).output().expect("python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

const EXPECTED: &str = "tests 9 failures 2 errors 2 skipped 3";

#[test]
fn junitparser_counts_as_we_do() {
    let Some(python) = python() else { return };
    let script = "
import sys, junitparser
from junitparser import Failure, Error, Skipped
xml = junitparser.JUnitXml.fromfile(sys.argv[1])
cases = [case for suite in xml for case in suite]
of = lambda kind: sum(any(isinstance(r, kind) for r in case.result) for case in cases)
assert (xml.tests, xml.failures, xml.errors, xml.skipped) == (len(cases), of(Failure), of(Error), of(Skipped)), 'attributes against elements'
assert len({case.name for case in cases}) == len(cases), 'unique names'
assert all(case._elem.get('file') and int(case._elem.get('line')) > 0 for case in cases)
assert [case.name for case in cases if case._elem.find('flakyFailure') is not None] == ['flaky']
assert [case.name for case in cases if case._elem.find('rerunFailure') is not None] == ['async-multipart-create (2)']
print('tests', len(cases), 'failures', of(Failure), 'errors', of(Error), 'skipped', of(Skipped))
";
    assert_eq!(read_by(&python, "junit", script), EXPECTED);
}

#[test]
fn xunitparser_counts_as_we_do() {
    let Some(python) = python() else { return };
    let script = "
import sys, xunitparser
suite, result = xunitparser.parse(open(sys.argv[1], encoding='utf-8'))
cases = list(suite)
of = lambda kind: sum(case.result == kind for case in cases)
print('tests', len(cases), 'failures', of('failure'), 'errors', of('error'), 'skipped', of('skipped'))
";
    assert_eq!(read_by(&python, "junit", script), EXPECTED);
}

#[test]
fn haralyzer_finds_pages_and_entries() {
    let Some(python) = python() else { return };
    let script = "
import sys, json
from haralyzer import HarParser
har = HarParser(json.load(open(sys.argv[1], encoding='utf-8')))
page = next(page for page in har.pages if page.page_id == 'flaky')
print(len(page.entries), page.entries[6].request.method, page.entries[6].response.status, page.entries[6].startTime.isoformat()[:10])
";
    assert_eq!(read_by(&python, "har", script), "9 PATCH 500 2026-11-21");
}
