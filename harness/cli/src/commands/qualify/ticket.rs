//! A ticket for each blocker, for the people who can mend it: what was asked, what came, what was due, how to see it again.

use std::fmt::Write as _;

use shakedown_probe::{Blame, Report, Result as Outcome, Severity, Verdict};

use super::show;

/// Names (`team/probe`) and texts.
pub(super) fn all(report: &Report) -> Vec<(String, String)> {
    let mut tickets = Vec::new();
    for (way, report) in [("", Some(report)), ("-through-gateway", report.gateway.as_deref())] {
        let Some(report) = report else { continue };
        let grave = |result: &&Outcome| {
            result.verdict == Verdict::Failed && result.severity.values().any(|severity| *severity == Severity::Blocker)
        };
        for result in report.results.iter().filter(grave) {
            tickets.push((format!("{}/{}{way}", team(result.blame), result.id), one(report, result)));
        }
    }
    tickets
}

/// Who gets it: the store's vendor, or those who run what stands before it.
fn team(blame: Option<Blame>) -> &'static str {
    match blame {
        Some(Blame::Gateway) => "gateway",
        Some(Blame::Network) => "network",
        _ => "storage",
    }
}

fn one(report: &Report, result: &Outcome) -> String {
    let mut text = format!(
        "# {}: {}\n\nTo: the {} team\n\n## What is wrong\n\n{}\n\n",
        result.id,
        result.title,
        team(result.blame),
        show::escaped(result.reason.as_deref().unwrap_or_default())
    );
    let _ = writeln!(
        text,
        "## What it breaks\n\nContainer registries on this storage ({}): {}.\n",
        show::hit(result),
        result.breaks
    );
    if !result.source.is_empty() {
        let _ = writeln!(text, "Seen before: {}.\n", result.source.join(", "));
    }
    let _ = writeln!(
        text,
        "## Where and when\n\n- endpoint: `{}`, bucket `{}`, region `{}`\n- run: {}, keys under `{}/{}/`",
        report.endpoint, report.bucket, report.region, report.started, report.prefix, result.id
    );
    for (name, value) in &report.fingerprint {
        let _ = writeln!(text, "- {name}: `{}`", show::escaped(value));
    }
    if !result.measures.is_empty() {
        text.push_str("\n## Measured\n\n");
        for (name, value) in &result.measures {
            let _ = writeln!(text, "- {}: {value}", name.replace('_', " "));
        }
    }
    text.push_str("\n## Requests and answers\n\n");
    for exchange in &result.evidence {
        text.push_str(&exchange_text(exchange));
    }
    let _ = writeln!(
        text,
        "\n## How to see it again\n\n    shakedown qualify --endpoint {} --bucket {} --region {} --level {} --probes {}",
        report.endpoint,
        report.bucket,
        report.region,
        show::level(report.level),
        result.id
    );
    text
}

/// One exchange as it went over the wire, as far as it is kept; indented, so that nothing foreign becomes markup.
pub(super) fn exchange_text(exchange: &shakedown_wire::Exchange) -> String {
    let mut text = format!("    {} {}\n", exchange.request.method, exchange.request.uri);
    let lines = |headers: &[(String, String)], body: &str| {
        let mut text = String::new();
        for (name, value) in headers {
            let _ = writeln!(text, "    {name}: {value}");
        }
        for line in body.lines() {
            let shown = line.replace(|c: char| c.is_control(), " ");
            let _ = writeln!(text, "    | {shown}");
        }
        text
    };
    text.push_str(&lines(&exchange.request.headers, ""));
    match &exchange.response {
        Some(answer) => {
            let took = exchange.end_us.map_or(0, |end| end.saturating_sub(exchange.start_us));
            let _ = writeln!(
                text,
                "\n    {} after {:.1} ms, {} bytes",
                answer.status,
                took as f64 / 1e3,
                answer.body.bytes
            );
            text.push_str(&lines(&answer.headers, &answer.body.excerpt));
        }
        None => {
            let _ = writeln!(text, "\n    no answer: {}", exchange.error.as_deref().unwrap_or("none came"));
        }
    }
    text.push_str("\n    ---\n");
    text
}
