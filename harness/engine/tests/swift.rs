//! Steps `swift`: a library that rewinds and waits passes; one that does not is seen, and blamed (J01, J02).

mod common;

use common::{assert_passed, one, shown};
use shakedown_engine::{Over, RunOptions};
use shakedown_reports::{Party, ScenarioReport, Verdict};
use shakedown_scenario::{Loader, MapSource};

const REFUSED: &str = include_str!("../../../scenarios/swift/swift-401-then-400.yaml");
const LATE: &str = include_str!("../../../scenarios/swift/swift-segments-late.yaml");
const REFUSED_SEGMENT: &str = include_str!("../../../scenarios/swift/swift-segment-refused.yaml");

fn played(text: &str, from: &str, to: &str) -> ScenarioReport {
    assert!(text.contains(from));
    one("swift", &text.replace(from, to), &RunOptions::default())
}

/// Who is blamed, who provoked it, by which rule.
type Blamed<'r> = (Party, Option<Party>, &'r str);

fn blamed(report: &ScenarioReport) -> (Verdict, Option<Blamed<'_>>) {
    let blame = report.blame.as_ref().map(|blame| (blame.party, blame.provoked_by, blame.rule.as_str()));
    (report.verdict, blame)
}

#[test]
fn a_library_that_does_not_rewind_is_blamed_for_the_400_and_for_the_empty_object() {
    assert_passed(&played(REFUSED, "again: rewound", "again: rewound"));
    for body in ["spent", "spent-chunked"] {
        let report = played(REFUSED, "again: rewound", &format!("again: {body}"));
        let expected = (Verdict::Failed, Some((Party::Client, None, "body-not-sent-again")));
        assert_eq!(blamed(&report), expected, "{}", shown(&report));
    }
}

#[test]
fn a_library_that_does_not_wait_for_its_segments_is_blamed_and_one_that_waited_in_vain_is_not() {
    assert_passed(&played(LATE, "waits: 15s", "waits: 3s"));
    let hasty = played(LATE, "waits: 15s", "waits: 0s");
    let expected = (Verdict::Failed, Some((Party::Client, Some(Party::Storage), "segments-not-listed")));
    assert_eq!(blamed(&hasty), expected, "{}", shown(&hasty));
    let patient = played(LATE, "waits: 15s", "waits: 1s");
    let expected = (Verdict::Failed, Some((Party::Storage, None, "segments-not-listed")));
    assert_eq!(blamed(&patient), expected, "{}", shown(&patient));
}

#[test]
fn a_library_that_goes_on_after_a_refused_segment_is_blamed() {
    let page = REFUSED_SEGMENT.find("for-each:").expect("it is a matrix");
    let rest = REFUSED_SEGMENT[page..].find("given:").expect("it has a world");
    for (status, page_of_it) in [("503", "nginx-503"), ("200", "captive-portal-200"), ("401", "nginx-401")] {
        // One case of the matrix as a scenario of its own.
        let text = format!("{}{}", &REFUSED_SEGMENT[..page], &REFUSED_SEGMENT[page + rest..]);
        let text = text.replace("${case}", "one").replace("\"${status}\"", status).replace("${page}", page_of_it);
        assert_passed(&played(&text, "refused: told", "refused: told"));
        let report = played(&text, "refused: told", "refused: ignored");
        let expected = (Verdict::Failed, Some((Party::Client, Some(Party::Storage), "refused-segment-ignored")));
        assert_eq!(blamed(&report), expected, "{}", shown(&report));
    }
}

#[test]
fn sockets_show_the_same() {
    let steps = "
title: t
given: { swift: {}, blobs: { one: { size: 20B } } }
steps:
- swift: { put: { object: a, blob: one } }
- swift: revoke-tokens
- swift: { put: { object: a, blob: one, again: rewound } }
- swift: { get: { object: a, same-as: one } }
";
    let options = RunOptions { over: Over::Tcp, ..RunOptions::default() };
    assert_passed(&one("swift", steps, &options));
    let report = one("swift", &steps.replace("rewound", "spent"), &options);
    let expected = (Verdict::Failed, Some((Party::Client, None, "body-not-sent-again")));
    assert_eq!(blamed(&report), expected, "{}", shown(&report));
}

#[test]
fn what_the_step_needs_must_be_there() {
    for (given, step, mistake) in [
        ("{}", "revoke-tokens", "there is no Swift"),
        ("{ swift: {} }", "{ get: { object: a, same-as: none } }", "none"),
        ("{ swift: {}, blobs: { one: { size: 1B } } }", "{ put: { object: a, blob: one, segment: 0B } }", "0 bytes"),
    ] {
        let text = format!("title: t\ngiven: {given}\nsteps:\n- swift: {step}\n");
        let source = MapSource::default().with("swift.yaml", &text);
        let problems = Loader::new(&source).check("swift.yaml").unwrap_err();
        let shown = shakedown_scenario::render(&problems, false);
        assert!(shown.contains(mistake), "{shown}");
    }
}
