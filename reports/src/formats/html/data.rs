//! The data behind the timelines: one JSON text per scenario, all of them together below a limit. What failed gets most of it.

use serde::Serialize;

use crate::formats::terminal::shown;
use crate::text::elide;
use crate::{Call, Report, ScenarioReport, Verdict, curl};

/// Bytes of all JSON texts together; the rest of the page stays below two mebibytes.
const ALL: usize = 7 << 20;
/// Bytes of one scenario's text.
const ONE: usize = 512 << 10;
/// Bytes kept free for every scenario that is still to come, as long as there are so many.
const EACH: usize = 12 << 10;
/// Characters of any one text of a scenario that was shortened to the utmost.
const TEXT: usize = 400;

/// How bad it is to have it left out; the page lists scenarios in this order.
pub(super) fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Failed => 0,
        Verdict::Error => 1,
        Verdict::Inconclusive => 2,
        Verdict::Known => 3,
        Verdict::Passed => 4,
        Verdict::Skipped => 5,
        Verdict::NotRun => 6,
    }
}

/// The scenarios, the worst first, each with its JSON text.
pub(super) fn of(report: &Report) -> Vec<(&ScenarioReport, String)> {
    let mut scenarios: Vec<_> = report.scenarios.iter().collect();
    scenarios.sort_by_key(|scenario| rank(scenario.verdict));
    let virtual_time = report.run.over == "memory";
    let mut left = ALL;
    let count = scenarios.len();
    let each = EACH.min(ALL / count.max(1));
    let with_data = |(number, scenario): (usize, &ScenarioReport)| {
        let reserved = (count - number - 1) * each;
        let room = left.saturating_sub(reserved).clamp(each, ONE);
        let text = fitting(scenario, virtual_time, room);
        left = left.saturating_sub(text.len());
        text
    };
    let texts: Vec<_> = scenarios.iter().copied().enumerate().map(with_data).collect();
    scenarios.into_iter().zip(texts).collect()
}

/// As much of a scenario as fits into `room` bytes.
fn fitting(scenario: &ScenarioReport, virtual_time: bool, room: usize) -> String {
    type Shorten = fn(ScenarioReport) -> ScenarioReport;
    let levels: [(usize, Shorten); 4] = [
        (usize::MAX, |scenario| scenario),
        (100, |scenario| with_end_of_log(scenario.shortened(100), 60)),
        (24, |scenario| with_end_of_log(scenario.shortened(24), 10)),
        (0, |scenario| with_bad_checks(scenario.shortened(16).without_contents())),
    ];
    let size_of_a_call = size_of_calls(scenario) / scenario.calls.len().max(1);
    for (calls, shorten) in levels {
        // What cannot fit is not even written once.
        if calls.min(scenario.calls.len()) * size_of_a_call > room {
            continue;
        }
        let text = json(&shorten(scenario.clone()), virtual_time);
        if text.len() <= room {
            return text;
        }
    }
    json(&bare(scenario), virtual_time)
}

/// About how many bytes the calls will be.
fn size_of_calls(scenario: &ScenarioReport) -> usize {
    let header = |(name, value): &(String, String)| name.len() + value.len() + 6;
    let of_call = |call: &Call| {
        let headers = call.request_headers.iter().chain(&call.response_headers).map(header).sum::<usize>();
        400 + call.uri.len() + headers + call.request_body.excerpt.len() + call.response_body.excerpt.len()
    };
    scenario.calls.iter().map(of_call).sum()
}

fn with_end_of_log(mut scenario: ScenarioReport, lines: usize) -> ScenarioReport {
    let from = scenario.log.len().saturating_sub(lines);
    scenario.log.drain(..from);
    scenario
}

fn with_bad_checks(mut scenario: ScenarioReport) -> ScenarioReport {
    for step in &mut scenario.steps {
        step.checks.retain(|check| check.verdict != Verdict::Passed);
        step.checks.truncate(8);
    }
    scenario
}

/// Only what can be said in a few lines.
fn bare(scenario: &ScenarioReport) -> ScenarioReport {
    let cut = |text: &String| elide(text, TEXT, "...");
    let blame = scenario.blame.as_ref().map(|blame| crate::Blame {
        party: blame.party,
        provoked_by: blame.provoked_by,
        rule: cut(&blame.rule),
        why: cut(&blame.why),
        fix: blame.fix.as_ref().map(cut),
        ticket: None,
        evidence: Vec::new(),
    });
    ScenarioReport {
        id: String::new(),
        title: String::new(),
        file: cut(&scenario.file),
        line: scenario.line,
        tags: Vec::new(),
        seen: Vec::new(),
        spec: Vec::new(),
        story: String::new(),
        verdict: scenario.verdict,
        reason: scenario.reason.as_ref().map(cut),
        blame,
        steps: Vec::new(),
        calls: Vec::new(),
        calls_left_out: scenario.calls_left_out + scenario.calls.len() as u64,
        failed_tries: Vec::new(),
        storage_requests: std::collections::BTreeMap::new(),
        faults_fired: scenario.faults_fired,
        log: Vec::new(),
        duration_us: scenario.duration_us,
        wall_us: scenario.wall_us,
        repeat: cut(&scenario.repeat),
    }
}

#[derive(Serialize)]
struct ShownCall<'a> {
    #[serde(flatten)]
    call: &'a Call,
    /// What it addresses, in short.
    show: String,
    /// What the system's log says of it: when, and what.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    said: Vec<(Option<u64>, String)>,
    /// The line that repeats it, if its head was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    curl: Option<String>,
}

fn json(scenario: &ScenarioReport, virtual_time: bool) -> String {
    let has_head = |call: &Call| !call.request_headers.is_empty();
    let calls = scenario.calls.iter().map(|call| ShownCall {
        call,
        show: shown(call),
        said: call.log.iter().map(|line| (line.at_us, line.gist())).collect(),
        curl: has_head(call).then(|| curl::line(call)),
    });
    let calls: Vec<_> = calls.collect();
    let without_calls = ScenarioReport { calls: Vec::new(), ..scenario.clone() };
    let mut value = serde_json::to_value(&without_calls).expect("a report is JSON");
    value["calls"] = serde_json::to_value(calls).expect("calls are JSON");
    value["virtual"] = virtual_time.into();
    // The page has these already.
    for known in ["id", "title", "tags", "seen", "spec", "storage_requests", "verdict"] {
        value.as_object_mut().map(|object| object.shift_remove(known));
    }
    in_script(&value)
}

/// JSON that can stand inside a `script` element: no text in it ends the element or begins a comment.
pub(super) fn in_script(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).expect("it is JSON");
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\u{7f}'..='\u{9f}' => {
                out.push_str(&format!("\\u{:04x}", c as u32))
            }
            c => out.push(c),
        }
    }
    out
}
