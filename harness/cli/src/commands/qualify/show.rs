//! The answer for people: on a terminal and as Markdown.

use std::fmt::Write as _;

use shakedown_probe::{
    Blame, Decision, Level, Plan, Profile, ProfileVerdict, Report, Result as Outcome, Severity, Verdict,
};

use crate::output::Output;

/// What would be asked.
pub(super) fn dry_run(plan: &Plan) -> String {
    let mut text = String::new();
    for probe in plan.probes() {
        let requests = probe.requests[plan.level as usize];
        let _ = writeln!(text, "{:<26} {requests:>5}  {}", probe.id, probe.title);
    }
    let _ = writeln!(
        text,
        "{} probes: at most {} requests and {} under {}/, within {:?}; asked nothing",
        plan.probes().len(),
        plan.requests(),
        size(plan.bytes()),
        plan.prefix(),
        plan.deadline
    );
    text
}

/// Bytes as people read them.
pub(super) fn size(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}

pub(super) fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Qualified => "qualified",
        Decision::WithConditions => "qualified with conditions",
        Decision::Undecided => "undecided",
        Decision::NotQualified => "not qualified",
    }
}

pub(super) fn blame(blame: Option<Blame>) -> &'static str {
    match blame {
        Some(Blame::Gateway) => "gateway",
        Some(Blame::Network) => "network",
        _ => "storage",
    }
}

/// Its name in arguments.
pub(super) fn level(level: Level) -> &'static str {
    match level {
        Level::Quick => "quick",
        Level::Standard => "standard",
        Level::Heavy => "heavy",
    }
}

/// The line of a profile, without its settings.
pub(super) fn verdict_line(profile: &ProfileVerdict) -> String {
    let mut line = decision(profile.decision).to_owned();
    for (what, ids) in [("", &profile.blockers), ("not asked: ", &profile.open)] {
        if !ids.is_empty() {
            let _ = write!(line, " ({what}{})", ids.join(", "));
        }
    }
    line
}

/// The gravest thing that it means to one of the registries asked for.
pub(super) fn worst(result: &Outcome) -> Severity {
    result.severity.values().copied().max().unwrap_or(Severity::Info)
}

pub(super) fn hit(result: &Outcome) -> String {
    let worst = worst(result);
    let names: Vec<_> =
        result.severity.iter().filter(|(_, severity)| **severity == worst).map(|(profile, _)| profile.name()).collect();
    if names.len() == Profile::ALL.len() { "all".to_owned() } else { names.join(", ") }
}

pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Blocker => "BLOCKER",
        Severity::Degraded => "DEGRADED",
        Severity::Info => "INFO",
    }
}

/// Failed probes, the gravest first.
pub(super) fn failures(report: &Report) -> Vec<&Outcome> {
    let mut failed: Vec<_> = report.results.iter().filter(|result| result.verdict == Verdict::Failed).collect();
    failed.sort_by_key(|result| std::cmp::Reverse(worst(result)));
    failed
}

/// The whole answer for a terminal.
pub(super) fn report(report: &Report, output: &Output) -> String {
    let mut text = String::new();
    for result in failures(report) {
        let _ = writeln!(text, "{:<8} {}  {}", severity(worst(result)), result.id, result.title);
        let _ = writeln!(text, "  seen     {}", result.reason.as_deref().unwrap_or_default());
        let _ = writeln!(text, "  breaks   {} ({})", result.breaks, hit(result));
        let _ = writeln!(text, "  blame    {}", blame(result.blame));
        if !result.source.is_empty() {
            let _ = writeln!(text, "  source   {}", result.source.join(", "));
        }
        text.push('\n');
    }
    if output.verbose > 0 {
        for result in &report.results {
            let notes =
                if result.notes.is_empty() { String::new() } else { format!("  ({})", result.notes.join("; ")) };
            let _ = writeln!(
                text,
                "{:<8} {:<26} {}{notes}",
                word(result.verdict),
                result.id,
                result.reason.as_deref().unwrap_or("")
            );
        }
        text.push('\n');
    }
    for (name, limit) in SPEED {
        if let Some(value) = report.result("perf.ops").and_then(|result| result.measures.get(*name)) {
            let slow = if value > limit { "   slow" } else { "" };
            let _ = writeln!(text, "{:<22} {value:>8.1} ms{slow}", name.trim_end_matches("_ms").replace('_', " "));
        }
    }
    text.push('\n');
    for profile in &report.profiles {
        let _ = writeln!(text, "{:<17} {}", profile.profile.name(), verdict_line(profile));
        for condition in &profile.conditions {
            let _ = writeln!(text, "{:<17}   {}   # {}", "", condition.line, condition.note);
        }
        if !profile.degraded.is_empty() {
            let _ = writeln!(text, "{:<17}   degraded: {}", "", profile.degraded.join(", "));
        }
    }
    let _ = writeln!(text, "\n{}", totals(report));
    for left in &report.left_behind {
        let _ = writeln!(text, "left behind: {left}");
    }
    text
}

/// Measured by `perf.ops`, and from when on it is slow.
const SPEED: &[(&str, f64)] =
    &[("head_p95_ms", 100.0), ("put_p95_ms", 100.0), ("list_v1_p95_ms", 100.0), ("list_uploads_p95_ms", 300.0)];

pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "FAILED",
        Verdict::Skipped => "skipped",
        Verdict::NotRun => "not run",
    }
}

pub(super) fn totals(report: &Report) -> String {
    let count = |verdict| report.ids(verdict).len();
    let early = report.ended_early.as_ref().map_or(String::new(), |why| format!("; ended early: {why}"));
    format!(
        "{} probes on {} at {}: {} passed, {} failed, {} skipped, {} not run; {} requests, {}, {:.1} s{early}",
        report.results.len(),
        report.bucket,
        report.endpoint,
        count(Verdict::Passed),
        count(Verdict::Failed),
        count(Verdict::Skipped),
        count(Verdict::NotRun),
        report.requests,
        size(report.bytes),
        report.took_ms / 1e3
    )
}

/// What differs between the endpoint and the gateway.
pub(super) fn comparison(direct: &Report) -> String {
    let Some(gateway) = &direct.gateway else { return String::new() };
    let mut text = format!("\ngateway {} against {}\n", gateway.endpoint, direct.endpoint);
    let mut differing = 0;
    for there in &gateway.results {
        let here = direct.result(&there.id).map(|here| here.verdict);
        // What is skipped at the endpoint and passes behind the gateway is asked there only.
        if here == Some(there.verdict) || there.verdict == Verdict::Passed && here == Some(Verdict::Skipped) {
            continue;
        }
        differing += 1;
        let (reason, here) = (there.reason.as_deref().unwrap_or_default(), here.map_or("not asked", word));
        let _ = writeln!(text, "  {:<24} {here} here, {} there: {reason}", there.id, word(there.verdict));
    }
    let broken: Vec<_> = gateway.results.iter().filter(|there| there.blame == Some(Blame::Gateway)).collect();
    text.push_str(match (differing, broken.is_empty()) {
        (0, _) => "  no difference\n",
        (_, false) => "  what passes at the endpoint and fails through the gateway is the gateway's doing\n",
        (_, true) => "  the gateway breaks nothing that works at the endpoint\n",
    });
    text
}

/// The answer as a page for a ticket or a pull request.
pub(super) fn markdown(report: &Report) -> String {
    let mut text =
        format!("# Storage qualification\n\n{}\n\n| registry | verdict | settings |\n|---|---|---|\n", totals(report));
    for profile in &report.profiles {
        let lines: Vec<_> = profile.conditions.iter().map(|condition| format!("`{}`", condition.line)).collect();
        let _ = writeln!(text, "| {} | {} | {} |", profile.profile.name(), verdict_line(profile), lines.join("<br>"));
    }
    for on_top in &report.on_top {
        let _ = writeln!(text, "\n````text\n{}````", super::registry::show(on_top));
    }
    for result in failures(report) {
        let _ = writeln!(text, "\n## {} {}: {}\n", severity(worst(result)), result.id, result.title);
        let _ = writeln!(text, "- seen: {}", escaped(result.reason.as_deref().unwrap_or_default()));
        let _ = writeln!(text, "- breaks: {} ({})", result.breaks, hit(result));
        let _ = writeln!(text, "- blame: {}", blame(result.blame));
        if !result.source.is_empty() {
            let _ = writeln!(text, "- source: {}", result.source.join(", "));
        }
        if let Some(last) = result.evidence.last() {
            let answer = last
                .response
                .as_ref()
                .map_or_else(|| last.error.clone().unwrap_or_default(), |answer| answer.status.to_string());
            let _ = writeln!(
                text,
                "- last exchange: `{} {}` -> {}",
                last.request.method,
                last.request.uri,
                escaped(&answer)
            );
        }
    }
    text
}

/// Foreign text that must not become markup.
pub(super) fn escaped(text: &str) -> String {
    text.replace('<', "&lt;").replace('|', "\\|")
}
