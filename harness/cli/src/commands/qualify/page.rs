//! The answer as one page that needs nothing else, and as JUnit. Not here: the same for terminals and tickets (`show`, `ticket`).

use std::fmt::Write as _;

use shakedown_probe::{Decision, Report, Result as Outcome, Verdict};

use super::{show, ticket};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}\
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #ccc}\
pre{overflow-x:auto;background:#f4f4f4;padding:.6rem;font-size:.85rem}code{font-size:.9em}\
.good{color:#0a6b2d}.bad{color:#a8121c}.soso{color:#7a5200}details{margin:.4rem 0}\
@media(prefers-color-scheme:dark){body{color:#e8e8e8;background:#161616}pre{background:#222}td,th{border-color:#444}\
.good{color:#6fd08c}.bad{color:#ff8a8a}.soso{color:#e8c06a}}";

/// Foreign text as text.
fn text(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The page: verdicts first, then what failed, then everything.
pub(super) fn html(report: &Report) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>Storage qualification of {}</title><style>{STYLE}</style></head><body>\n<h1>Storage qualification</h1>\n",
        text(&report.endpoint)
    );
    side(&mut page, report);
    for on_top in &report.on_top {
        let shown = text(&super::registry::show(on_top));
        let _ = writeln!(page, "<h2>With {} on it</h2>\n<pre>{shown}</pre>", text(&on_top.system));
    }
    if let Some(gateway) = &report.gateway {
        let _ = writeln!(
            page,
            "<h1>Through the gateway {}</h1>\n<pre>{}</pre>",
            text(&gateway.endpoint),
            text(&show::comparison(report))
        );
        side(&mut page, gateway);
    }
    page.push_str("</body></html>\n");
    page
}

fn side(page: &mut String, report: &Report) {
    let _ = writeln!(
        page,
        "<p>{}. Asked {} by shakedown {}.</p>",
        text(&show::totals(report)),
        report.started,
        report.version
    );
    page.push_str("<table><tr><th>registry</th><th>verdict</th><th>settings it needs</th><th>degraded</th></tr>\n");
    for profile in &report.profiles {
        let class = match profile.decision {
            Decision::Qualified => "good",
            Decision::WithConditions | Decision::Undecided => "soso",
            Decision::NotQualified => "bad",
        };
        let setting = |condition: &shakedown_probe::Condition| {
            format!("<code>{}</code> {}", text(&condition.line), text(&condition.note))
        };
        let settings: Vec<_> = profile.conditions.iter().map(setting).collect();
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td class=\"{class}\">{}</td><td>{}</td><td>{}</td></tr>",
            profile.profile.name(),
            text(&show::verdict_line(profile)),
            settings.join("<br>"),
            text(&profile.degraded.join(", "))
        );
    }
    page.push_str("</table>\n");
    for result in show::failures(report) {
        failure(page, result);
    }
    page.push_str("<h2>All probes</h2>\n<table><tr><th>probe</th><th>verdict</th><th>what was seen</th></tr>\n");
    for result in &report.results {
        let measures: Vec<_> = result.measures.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let seen = [result.reason.clone().unwrap_or_default(), result.notes.join("; "), measures.join(", ")];
        let seen: Vec<_> = seen.iter().filter(|part| !part.is_empty()).map(|part| text(part)).collect();
        let class = if result.verdict == Verdict::Failed { "bad" } else { "" };
        let _ = writeln!(
            page,
            "<tr><td><code>{}</code> {}</td><td class=\"{class}\">{}</td><td>{}</td></tr>",
            result.id,
            text(&result.title),
            show::word(result.verdict),
            seen.join("<br>")
        );
    }
    page.push_str("</table>\n");
}

fn failure(page: &mut String, result: &Outcome) {
    let _ = writeln!(
        page,
        "<h2><span class=\"bad\">{}</span> {}: {}</h2>\n<p>Seen: {}<br>Breaks: {} ({})<br>Blame: {}</p>",
        show::severity(show::worst(result)),
        result.id,
        text(&result.title),
        text(result.reason.as_deref().unwrap_or_default()),
        text(&result.breaks),
        show::hit(result),
        show::blame(result.blame)
    );
    let exchanges: String = result.evidence.iter().map(ticket::exchange_text).collect();
    if !exchanges.is_empty() {
        let _ =
            writeln!(page, "<details><summary>Requests and answers</summary><pre>{}</pre></details>", text(&exchanges));
    }
}

/// One test case per probe; what was not run is an error, because nobody may take it for a pass.
pub(super) fn junit(report: &Report) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (name, report) in [("storage", Some(report)), ("gateway", report.gateway.as_deref())] {
        let Some(report) = report else { continue };
        let count = |verdict| report.ids(verdict).len();
        let _ = writeln!(
            xml,
            "<testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3}\">",
            report.results.len(),
            count(Verdict::Failed),
            count(Verdict::NotRun),
            count(Verdict::Skipped),
            report.took_ms / 1e3
        );
        for result in &report.results {
            let reason = result.reason.as_deref().unwrap_or_default();
            // XML 1.0 has no place for control characters, not even escaped.
            let reason = text(&reason.replace(|c: char| c.is_control(), " "));
            let inside = match result.verdict {
                Verdict::Passed => String::new(),
                Verdict::Failed => format!("<failure message=\"{reason}\"/>"),
                Verdict::Skipped => format!("<skipped message=\"{reason}\"/>"),
                Verdict::NotRun => format!("<error message=\"{reason}\"/>"),
            };
            let time = result.took_ms / 1e3;
            let _ = writeln!(
                xml,
                "<testcase classname=\"{name}\" name=\"{}\" time=\"{time:.3}\">{inside}</testcase>",
                result.id
            );
        }
        xml.push_str("</testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}
