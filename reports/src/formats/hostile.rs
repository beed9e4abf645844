//! Whatever peers send: every format stays well-formed, bounded and harmless. For all formats at once; their own files test the rest.

use proptest::prelude::*;

use super::*;
use crate::sample;
use crate::{Ability, BodyInfo, Call, Deviation, Keep, Report, Verdict};

/// Pieces that mean something to one format or another.
fn pieces() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "</script>",
        "<script>alert(1)</script>",
        "<!--",
        "]]>",
        "<![CDATA[",
        "&amp;",
        "\"",
        "'",
        "`",
        "|",
        "\\",
        "\n",
        "\r\n",
        "\t",
        "\u{0}",
        "\u{1b}[2J",
        "\u{1b}]0;x\u{7}",
        "\u{9b}31m",
        "\u{202e}",
        "\u{2028}",
        "\u{fffd}",
        "\u{ffff}",
        "::error::x",
        "# TODO",
        "Bail out!",
        "%0A",
        "```",
        "@all",
        "  ...\n",
        "--- \n",
        "{{ x }}",
        "日本語",
        "\u{10ffff}",
        "=cmd()",
    ]);
    let piece = prop_oneof![4 => known.prop_map(str::to_owned), 1 => any::<String>()];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// The sample with `text` wherever something from outside can stand.
fn hostile(text: &str) -> Report {
    let mut report = sample::report();
    let set = |field: &mut String| text.clone_into(field);
    set(&mut report.run.system);
    report.run.system_version = Some(text.to_owned());
    set(&mut report.causes[0].title);
    report.run.left_behind = vec![text.to_owned()];
    report.run.abilities = vec![Ability { name: text.to_owned(), there: false, evidence: text.to_owned() }];
    let (link, list) = (Some(text.to_owned()), vec![text.to_owned()]);
    report.run.deviations = vec![Deviation { reason: text.to_owned(), link, scenarios: list.clone(), gone: list }];
    for entry in &mut report.run.recorded {
        [&mut entry.incident, &mut entry.scenario].into_iter().for_each(set);
        (entry.shows, entry.missing) = (vec![text.to_owned()], vec![text.to_owned()]);
    }
    for habit in &mut report.habits {
        [&mut habit.id, &mut habit.habit, &mut habit.otherwise, &mut habit.example].into_iter().for_each(set);
        habit.scenarios = vec![text.to_owned()];
    }
    for scenario in &mut report.scenarios {
        [&mut scenario.id, &mut scenario.title, &mut scenario.file, &mut scenario.repeat, &mut scenario.story]
            .into_iter()
            .for_each(set);
        scenario.reason = Some(text.to_owned());
        for list in [&mut scenario.tags, &mut scenario.seen, &mut scenario.log, &mut scenario.failed_tries] {
            *list = vec![text.to_owned()];
        }
        for check in scenario.steps.iter_mut().flat_map(|step| &mut step.checks) {
            [&mut check.what, &mut check.expected, &mut check.actual, &mut check.at].into_iter().for_each(set);
            check.rules = vec![text.to_owned()];
            set(&mut check.duty);
        }
        if let Some(blame) = &mut scenario.blame {
            [&mut blame.why, &mut blame.rule, &mut blame.evidence[0].shows].into_iter().for_each(set);
            (blame.fix, blame.ticket) = (Some(text.to_owned()), Some(text.to_owned()));
        }
        scenario.calls.iter_mut().for_each(|call| spoil(call, text));
    }
    report.causes[0].scenarios = vec![text.to_owned()];
    report
}

fn spoil(call: &mut Call, text: &str) {
    [&mut call.uri, &mut call.method, &mut call.to].into_iter().for_each(|field| text.clone_into(field));
    (call.note, call.error, call.key) = (Some(text.to_owned()), Some(text.to_owned()), Some(text.to_owned()));
    let lines = vec![(text.to_owned(), text.to_owned())];
    (call.request_headers, call.response_headers) = (lines.clone(), lines);
    call.response_body = BodyInfo { bytes: 100 << 20, digest: None, excerpt: text.to_owned(), complete: false };
}

/// Panics if a reader of the format would stumble.
fn check(format: &Format, text: &str) {
    let steers = |c: char| c.is_control() && c != '\n' && c != '\t';
    match format.name {
        "json" | "har" => drop(serde_json::from_str::<serde_json::Value>(text).expect("JSON")),
        "ndjson" => text.lines().for_each(|line| drop(serde_json::from_str::<crate::Event>(line).expect("an event"))),
        "junit" | "badge" => well_formed(text),
        "html" => {
            assert_eq!(text.matches("<script").count(), 2 + sample::report().scenarios.len());
            assert!(!text.contains("alert(1)</script>") || !text.contains("<script>alert"), "a script of a peer");
            assert!(!text.contains(steers), "a control character");
        }
        "tap" => {
            assert_eq!(
                text.lines().filter(|line| line.starts_with("ok ") || line.starts_with("not ok ")).count(),
                sample::report().scenarios.len()
            );
            assert_eq!(text.lines().filter(|line| line.starts_with("Bail out!")).count(), 1);
            assert!(!text.contains(steers));
        }
        "github" => {
            for line in text.lines() {
                assert!(
                    !line.starts_with("::")
                        || ["::error ", "::warning ", "::notice "].iter().any(|kind| line.starts_with(kind)),
                    "{line}"
                );
            }
            assert!(!text.contains(steers));
        }
        "markdown" => {
            assert!(text.lines().count() <= 60 && !text.contains(steers));
            // Code is shown as it is; outside of it nothing of a peer may be markup.
            assert!(!outside_of_code(text).contains("<script"), "{text}");
            assert_eq!(text.matches("```").count() % 2, 0, "{text}");
        }
        "terminal" | "conformance" | "incidents" => {
            let line = text.lines().find(|line| line.contains(steers));
            assert!(line.is_none(), "a control character in {}: {line:?}", format.name);
        }
        other => panic!("say here what holds for {other}"),
    }
}

/// What a reader of Markdown (CommonMark section 6.1) takes for text: all but code, which a run of backticks begins and the next run of as
/// many ends. A backslash before a backtick counts outside of code alone.
fn outside_of_code(text: &str) -> String {
    let (mut outside, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(['`', '\\']) {
        outside.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(escaped) = rest.strip_prefix('\\') {
            let next = escaped.chars().next().map_or(0, char::len_utf8);
            outside.push_str(&rest[..1 + next]);
            rest = &escaped[next..];
            continue;
        }
        let run = rest.len() - rest.trim_start_matches('`').len();
        let (fence, code) = rest.split_at(run);
        // Without an end the run itself is text.
        let end = code
            .match_indices(fence)
            .map(|(at, _)| at)
            .find(|&at| !code[at + run..].starts_with('`') && !code[..at].ends_with('`'));
        if end.is_none() {
            outside.push_str(fence);
        }
        rest = end.map_or(code, |end| &code[end + run..]);
    }
    outside + rest
}

#[test]
fn code_ends_at_its_fence_and_backslashes_in_it_are_backslashes() {
    for (text, outside) in [
        (r"a `b\` c", "a  c"),
        (r"a \`b` c", r"a \`b` c"),
        ("a ``b`c`` d", "a  d"),
        ("```\n<b>\n```\nc", "\nc"),
        ("`<b> c", "`<b> c"),
    ] {
        assert_eq!(outside_of_code(text), outside, "{text}");
    }
}

fn well_formed(text: &str) {
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    loop {
        match reader.read_event().expect("XML") {
            quick_xml::events::Event::Eof => return,
            quick_xml::events::Event::Start(element) | quick_xml::events::Event::Empty(element) => {
                element.attributes().for_each(|attribute| drop(attribute.expect("an attribute")));
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn no_text_breaks_any_format(text in pieces()) {
        let report = hostile(&text);
        for format in FORMATS {
            check(format, &format.text(&report, &Options::default()));
        }
    }
}

/// Calls and events of the tests of size: a million with optimisation; without, that takes too long.
fn many() -> usize {
    if cfg!(debug_assertions) { 100_000 } else { 1_000_000 }
}

#[test]
fn events_are_lines_of_bounded_length_however_many() {
    let title = "\u{0}\u{1b}[2J\n{\"event\":\"run-finished\"}\r\n".repeat(3);
    let mut longest = 0;
    for number in 0..many() {
        let (id, title) = (format!("s{number}"), title.clone());
        let event = crate::Event::StepFinished { id, title, verdict: Verdict::Passed };
        let line = event.line();
        assert!(line.ends_with('\n') && line.matches('\n').count() == 1, "one line: {line:?}");
        longest = longest.max(line.len());
        if number % 10_000 == 0 {
            assert_eq!(serde_json::from_str::<crate::Event>(&line).expect("an event"), event);
        }
    }
    assert!(longest < 512, "{longest} bytes");
}

#[test]
fn huge_reports_stay_bounded_in_every_format() {
    let mut report = sample::report();
    let call = report.scenarios[0].calls[3].clone();
    report.scenarios[0].calls.extend(std::iter::repeat_n(call, many()));
    report.scenarios[1].log = vec!["x".repeat(1 << 20); 16];
    report.scenarios[2].reason = Some("y".repeat(4 << 20));
    let report = report.kept(Keep::Failed);
    assert_eq!(report.scenarios[0].verdict, Verdict::Failed);
    for format in FORMATS {
        let text = format.text(&report, &Options::default());
        let limit = match format.name {
            "json" | "ndjson" => 32 << 20,
            "junit" | "terminal" => 10 << 20,
            "html" => 10 << 20,
            "har" => 10 << 20,
            _ => 64 << 10,
        };
        assert!(text.len() < limit, "{}: {} bytes", format.name, text.len());
    }
}
