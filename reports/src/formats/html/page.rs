//! What the template shows: the first screen and one row per scenario. Texts are plain here; the template escapes them.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;

use super::{SCRIPT, STYLE, data, notes, policy};
use crate::formats::terminal::shown;
use crate::text::{clean, count, duration, elide};
use crate::{Cause, Check, Party, Report, ScenarioReport, Verdict};

/// Causes on the first screen, scenarios named at each, calls that show it, and characters of one text.
const CAUSES: usize = 12;
const LINKS: usize = 6;
const EVIDENCE: usize = 4;
const TEXT: usize = 600;

#[derive(Template)]
#[template(path = "report.html")]
pub(super) struct Page {
    title: String,
    verdict: &'static str,
    class: String,
    headline: String,
    about: String,
    totals: Vec<Total>,
    total: u64,
    causes: Vec<CauseView>,
    more_causes: usize,
    quiet: Quiet,
    notes: Vec<notes::Note>,
    rows: Vec<Row>,
    tags: BTreeSet<String>,
    blames: BTreeSet<String>,
    incidents: Vec<Link>,
    footer: String,
    glossary: String,
    policy: String,
    css: &'static str,
    script: &'static str,
}

struct Total {
    count: u64,
    name: &'static str,
    class: String,
}

/// The three answers where nothing failed.
struct Quiet {
    what: String,
    who: &'static str,
    todo: &'static str,
}

/// The three answers for one cause.
#[derive(Default)]
struct CauseView {
    what: Vec<String>,
    details: Vec<String>,
    injected: Vec<String>,
    count: String,
    links: Vec<Link>,
    more: usize,
    who: String,
    why: String,
    evidence: Vec<EvidenceView>,
    todo: String,
    repeat: String,
    ticket: String,
}

struct EvidenceView {
    call: String,
    shows: String,
}

struct Link {
    href: String,
    text: String,
}

struct Row {
    id: String,
    verdict: &'static str,
    class: String,
    title: String,
    reason: String,
    tags: String,
    blame: String,
    seen: String,
    data: String,
}

impl Page {
    pub(super) fn of(report: &Report) -> Self {
        let run = &report.run;
        let verdict = worst(report);
        let is_known = verdict == Verdict::Passed && report.totals.known > 0;
        let causes = causes(report);
        let more_causes = causes.len().saturating_sub(CAUSES);
        let all_seen: BTreeSet<&String> = report.scenarios.iter().flat_map(|scenario| &scenario.seen).collect();
        Self {
            title: format!("shakedown: {} on {}", report.totals.line(), plain(&run.system)),
            verdict: if is_known { "known" } else { verdict.name() },
            class: class(if is_known { Verdict::Known } else { verdict }),
            headline: headline(report),
            about: about(report),
            totals: report
                .totals
                .parts()
                .into_iter()
                .map(|(count, verdict)| Total { count, name: verdict.name(), class: class(verdict) })
                .collect(),
            total: report.totals.total,
            causes: causes.into_iter().take(CAUSES).collect(),
            more_causes,
            quiet: quiet(report),
            notes: notes::of(report),
            rows: data::of(report).into_iter().map(|(scenario, data)| row(scenario, data)).collect(),
            tags: report.scenarios.iter().flat_map(|scenario| &scenario.tags).map(|tag| plain(tag)).collect(),
            blames: report
                .scenarios
                .iter()
                .filter_map(|s| s.blame.as_ref())
                .map(|b| b.party.name().to_owned())
                .collect(),
            incidents: all_seen.into_iter().map(|id| incident(report, id)).collect(),
            footer: format!(
                "shakedown {}, run {}, report {}",
                plain(&run.version),
                plain(&run.id),
                plain(&report.schema)
            ),
            glossary: data::in_script(&report.glossary),
            policy: policy(),
            css: STYLE,
            script: SCRIPT,
        }
    }
}

/// One line of bounded length without control characters.
pub(super) fn plain(text: &str) -> String {
    elide(&clean(text), TEXT, "...")
}

/// The class of a verdict in the style.
fn class(verdict: Verdict) -> String {
    verdict.name().replace(' ', "-")
}

/// What the run as a whole is called.
fn worst(report: &Report) -> Verdict {
    let totals = &report.totals;
    match () {
        () if totals.failed > 0 || report.run.is_out_of_date() => Verdict::Failed,
        () if totals.error > 0 => Verdict::Error,
        () if totals.inconclusive > 0 || totals.passed + totals.known == 0 => Verdict::Inconclusive,
        () => Verdict::Passed,
    }
}

fn headline(report: &Report) -> String {
    let system = plain(&report.run.system);
    let totals = &report.totals;
    let of = |number: u64, did: &str| {
        format!(
            "{number} of {} {did} on {system}",
            count(usize::try_from(totals.total).unwrap_or(usize::MAX), "scenario")
        )
    };
    match worst(report) {
        Verdict::Failed if totals.failed == 0 => format!("what is listed of {system} is no longer there"),
        Verdict::Failed => of(totals.failed, "failed"),
        Verdict::Error => of(totals.error, "could not be run"),
        Verdict::Passed if totals.known > 0 => of(totals.known, "failed as is known"),
        Verdict::Passed => of(totals.passed, "passed"),
        _ => format!("nothing was shown on {system}"),
    }
}

fn about(report: &Report) -> String {
    let run = &report.run;
    let (over, times) = match run.over.as_str() {
        "memory" => (
            "in memory",
            format!("{} on the wall, {} of virtual time", duration(run.wall_us), duration(run.virtual_us)),
        ),
        "tcp" => ("over TCP", format!("{} on the wall", duration(run.wall_us))),
        other => (other, duration(run.wall_us)),
    };
    let storage =
        if run.storage == "mock" { "the S3 mock, which misbehaves as the scenarios say" } else { run.storage.as_str() };
    let version = run.system_version.as_ref().map_or(String::new(), |version| format!("{}: {version}. ", run.system));
    let started = run.started.split('.').next().unwrap_or_default().replace('T', " ");
    let interrupted = if run.interrupted { ". The run was cut short" } else { "" };
    plain(
        &format!(
            "{version}Storage: {storage}; {over}; seed {}; started {started} UTC; {times}{interrupted}.",
            run.seed
        )
        .replace("Z UTC", " UTC"),
    )
}

fn quiet(report: &Report) -> Quiet {
    let totals = &report.totals;
    let mut what = match totals.passed {
        0 if totals.known > 0 => "Nothing failed that is not listed.".to_owned(),
        0 => "No scenario was run to its end.".to_owned(),
        passed => format!(
            "Everything that was asked for held in {}.",
            count(usize::try_from(passed).unwrap_or(usize::MAX), "scenario")
        ),
    };
    if totals.known > 0 {
        what.push_str(&format!(" {} failed as a listed deviation says.", totals.known));
    }
    if totals.skipped + totals.not_run + totals.inconclusive > 0 {
        what.push_str(" The others were not decided; each says why.");
    }
    if report.run.is_out_of_date() {
        what.push_str(" But what is listed of the system no longer occurs, and that fails the run.");
        let todo = "Delete or mend the entries named below in the list, so that they are noticed if they come back.";
        return Quiet { what, who: "Nobody: what is listed of the system is out of date.", todo };
    }
    Quiet {
        what,
        who: "Nobody: nothing failed.",
        todo: "Nothing. What was skipped is worth a look: it was not shown to hold.",
    }
}

/// The causes that the report found, then what none of them explains.
fn causes(report: &Report) -> Vec<CauseView> {
    let by_id: BTreeMap<&str, &ScenarioReport> =
        report.scenarios.iter().map(|scenario| (scenario.id.as_str(), scenario)).collect();
    let mut views: Vec<_> = report.causes.iter().map(|cause| explained(report, cause, &by_id)).collect();
    let told: BTreeSet<&str> = report.causes.iter().flat_map(|cause| &cause.scenarios).map(String::as_str).collect();
    for verdict in [Verdict::Failed, Verdict::Error] {
        let rest = report.scenarios.iter().filter(|s| s.verdict == verdict && !told.contains(s.id.as_str()));
        let rest: Vec<_> = rest.collect();
        if let Some(first) = rest.first() {
            views.push(unexplained(first, &rest));
        }
    }
    views.extend(known(report, &by_id));
    views
}

/// Failures that are listed as known, folded by what the list and the blame say of them: known is not explained.
fn known(report: &Report, by_id: &BTreeMap<&str, &ScenarioReport>) -> Vec<CauseView> {
    let mut groups: BTreeMap<(&str, String, &str), Cause> = BTreeMap::new();
    for scenario in report.scenarios.iter().filter(|scenario| scenario.verdict == Verdict::Known) {
        let Some(blame) = &scenario.blame else { continue };
        let reason = scenario.reason.as_deref().unwrap_or_default();
        let cause = groups.entry((&blame.rule, blame.parties(), reason)).or_insert_with(|| Cause {
            title: blame.why.clone(),
            party: blame.party,
            provoked_by: blame.provoked_by,
            rule: blame.rule.clone(),
            scenarios: Vec::new(),
        });
        cause.scenarios.push(scenario.id.clone());
    }
    let mut causes: Vec<_> = groups.into_values().collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.scenarios.len()));
    causes.iter().map(|cause| explained(report, cause, by_id)).collect()
}

fn explained(report: &Report, cause: &Cause, by_id: &BTreeMap<&str, &ScenarioReport>) -> CauseView {
    let first = cause.scenarios.iter().find_map(|id| by_id.get(id.as_str()).copied());
    let links: Vec<_> = cause.scenarios.iter().take(LINKS).map(|id| link(id)).collect();
    let mut view = CauseView {
        count: count(cause.scenarios.len(), "scenario"),
        more: cause.scenarios.len() - links.len(),
        links,
        who: sentence(&cause.parties()),
        why: sentence(&cause.title),
        ..CauseView::default()
    };
    let Some(first) = first else { return view };
    (view.what, view.details) = what(first);
    view.repeat = clean(&first.repeat);
    if first.verdict == Verdict::Error {
        view.who = "Nobody yet".to_owned();
        view.why =
            format!("{}. The environment was not there; that says nothing about the system.", plain(&cause.title));
        view.todo = "See that the target runs and is reached from here, then run again.".to_owned();
        return view;
    }
    view.injected = injected(first);
    let Some(blame) = &first.blame else { return view };
    view.evidence = evidence(report, first);
    view.todo = match &blame.fix {
        Some(fix) => sentence(fix),
        None => "Give the ticket text to whoever is to blame, and open the timeline for the rest.".to_owned(),
    };
    view.ticket = blame.ticket.as_deref().map(multi_line).unwrap_or_default();
    view
}

fn unexplained(first: &ScenarioReport, rest: &[&ScenarioReport]) -> CauseView {
    let links: Vec<_> = rest.iter().take(LINKS).map(|scenario| link(&scenario.id)).collect();
    let (what, details) = what(first);
    CauseView {
        what,
        details,
        count: count(rest.len(), "scenario"),
        more: rest.len() - links.len(),
        links,
        who: sentence(Party::Unknown.name()),
        why: "The evidence does not say who broke a contract.".to_owned(),
        todo: "Open the scenario: its timeline shows each call, and what was expected against what came.".to_owned(),
        repeat: clean(&first.repeat),
        ..CauseView::default()
    }
}

/// What must hold and what came instead, in short; and the same as the checks say it.
fn what(scenario: &ScenarioReport) -> (Vec<String>, Vec<String>) {
    let reason = scenario.reason.as_deref().unwrap_or_default();
    let title = plain(&scenario.title);
    let known = match scenario.verdict {
        Verdict::Failed => None,
        Verdict::Known => Some(format!("This is known: {}.", plain(reason))),
        _ => return (vec![title, plain(reason)], Vec::new()),
    };
    let checks = scenario.steps.iter().flat_map(|step| &step.checks);
    let Some(check) = checks.into_iter().find(|check| check.verdict == Verdict::Failed) else {
        return (vec![title, short_ids(&plain(reason))], known.into_iter().collect());
    };
    let said = format!("It did not hold: {} is {}, expected {}.", check.what, check.actual, check.expected);
    let what = vec![format!("Broken: \u{201c}{title}\u{201d}"), came(scenario, check)];
    (what, [Some(short_ids(&plain(&said))), known].into_iter().flatten().collect())
}

/// What came instead, for somebody who knows none of our words.
fn came(scenario: &ScenarioReport, check: &Check) -> String {
    let call = check.call.and_then(|call| scenario.calls.get(call));
    let Some(call) = call else {
        return short_ids(&plain(&format!("{} is {}, expected {}.", check.what, check.actual, check.expected)));
    };
    let name = format!("{} {}", plain(&call.method), shown(call));
    let answer = match (call.status, &call.error) {
        (Some(status), None) => format!("was answered {status}"),
        (Some(status), Some(_)) => format!("was answered {status}, and then the answer broke off"),
        (None, _) => "got no answer".to_owned(),
    };
    let due = match (check.what.as_str(), check.expected.as_str()) {
        ("outcome", "succeeds") => "it should have succeeded".to_owned(),
        ("status" | "outcome" | "no-answer" | "only-answers", expected) => format!("expected: {expected}"),
        (what, expected) => format!("{what} is {}, expected {expected}", check.actual),
    };
    short_ids(&plain(&format!("The client\u{2019}s {name} {answer}; {due}.")))
}

/// What the scenario put in, once each: the reader must not take it for an accident.
fn injected(scenario: &ScenarioReport) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for call in &scenario.calls {
        for fault in &call.faults {
            let party = if call.to == "s3" { "storage" } else { call.to.as_str() };
            let line = format!(
                "Put in on purpose by the test, at {} {}: {party} {}",
                plain(&call.method),
                shown(call),
                plain(&fault.summary)
            );
            let told = |line: &&String| line.ends_with(&plain(&fault.summary));
            if lines.iter().find(told).is_none() {
                lines.push(line);
            }
        }
    }
    lines.truncate(EVIDENCE);
    lines
}

fn evidence(report: &Report, scenario: &ScenarioReport) -> Vec<EvidenceView> {
    let origin = scenario.calls.iter().map(|call| call.start_us).min().unwrap_or(0);
    let blame = scenario.blame.iter().flat_map(|blame| &blame.evidence).take(EVIDENCE);
    let mut lines: Vec<_> = blame
        .filter_map(|evidence| {
            let call = scenario.calls.get(evidence.call)?;
            let status = call.status.map_or("no answer".to_owned(), |status| status.to_string());
            let note = call.note.as_ref().map_or(String::new(), |note| format!(", {}", plain(note)));
            let at = duration(call.start_us.saturating_sub(origin));
            let party = |name: &str| if name == "s3" { "storage".to_owned() } else { plain(name) };
            let text = format!(
                "{at}  {} -> {}  {} {}  {status}{note}",
                party(&call.from),
                party(&call.to),
                plain(&call.method),
                shown(call)
            );
            let rules = expected(report, scenario, evidence.call);
            let shows = [plain(&evidence.shows), rules]
                .into_iter()
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join("; ");
            Some((call.start_us, EvidenceView { call: text, shows }))
        })
        .collect();
    lines.sort_by_key(|(start, _)| *start);
    lines.into_iter().map(|(_, line)| line).collect()
}

/// What a failed check expected of a call, with its rules in words.
fn expected(report: &Report, scenario: &ScenarioReport, call: usize) -> String {
    let checks = scenario.steps.iter().flat_map(|step| &step.checks);
    let Some(check) = checks.into_iter().find(|check| check.call == Some(call) && check.verdict == Verdict::Failed)
    else {
        return String::new();
    };
    let rules = check.rules.iter().map(|id| match report.glossary.rules.get(id) {
        Some(rule) => format!("{id}, {}: {}", rule.level, rule.text),
        None => id.clone(),
    });
    let rules = rules.collect::<Vec<_>>().join("; ");
    let because = if rules.is_empty() { String::new() } else { format!(" ({rules})") };
    plain(&format!("expected: {}{because}", check.expected))
}

fn row(scenario: &ScenarioReport, data: String) -> Row {
    Row {
        id: plain(&scenario.id),
        verdict: scenario.verdict.name(),
        class: class(scenario.verdict),
        title: plain(&scenario.title),
        reason: scenario.reason.as_deref().map(plain).unwrap_or_default(),
        tags: plain(&scenario.tags.join(" ")),
        blame: scenario.blame.as_ref().map_or(String::new(), |blame| blame.party.name().to_owned()),
        seen: plain(&scenario.seen.join(" ")),
        data,
    }
}

fn incident(report: &Report, id: &str) -> Link {
    let title = report.glossary.incidents.get(id).map_or(String::new(), |title| format!(": {}", plain(title)));
    Link { href: plain(id), text: format!("{}{title}", plain(id)) }
}

fn link(id: &str) -> Link {
    Link { href: fragment(&plain(id)), text: plain(id) }
}

/// The id as the fragment of a link.
fn fragment(id: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    id.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    let text = plain(text);
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.contains(' ') && text.len() > 60 && !text.ends_with('.') { "." } else { "" };
    format!("{first}{}{end}", chars.as_str())
}

/// Uploads and digests cut to their first characters: a reader compares them, nobody reads them.
fn short_ids(text: &str) -> String {
    let is_id = |part: &str| part.len() >= 32 && part.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let ends = |c: char| !c.is_ascii_alphanumeric() && c != '-';
    text.split_inclusive(ends)
        .map(|part| {
            let word = part.trim_end_matches(ends);
            if is_id(word) { format!("{}...{}", &word[..4], &part[word.len()..]) } else { part.to_owned() }
        })
        .collect()
}

/// Text whose line breaks stay.
fn multi_line(text: &str) -> String {
    text.lines().map(plain).collect::<Vec<_>>().join("\n")
}
