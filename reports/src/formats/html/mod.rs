//! HTML: one self-contained page that answers what happened, who is to blame and what to do, and opens every scenario as a sequence
//! timeline. No request leaves it: style and script are inline and allowed by their hashes only.
//!
//! The template, style and script are in `reports/templates/`; what they show is put together in `page` and `notes`, the data behind the timelines
//! (bounded) in `data`.

mod data;
mod notes;
mod page;

use std::fmt::{self, Write};

use askama::Template;

use super::{Format, Options};
use crate::Report;
use crate::page_policy::allowed;

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "html",
    media_type: "text/html",
    extension: "html",
    about: "one page for everyone: verdict, causes, timelines; works offline",
    render,
};

const STYLE: &str = include_str!("../../../templates/report.css");
const SCRIPT: &str = include_str!("../../../templates/report.js");

fn render(report: &Report, _: &Options, out: &mut dyn Write) -> fmt::Result {
    let page = page::Page::of(report);
    let text = page.render().map_err(|_| fmt::Error)?;
    out.write_str(&text)?;
    out.write_char('\n')
}

/// What the page may do: run this script, use this style, nothing else.
fn policy() -> String {
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        allowed(STYLE),
        allowed(SCRIPT)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ScenarioReport, Verdict, sample};

    fn text(report: &Report) -> String {
        FORMAT.text(report, &Options::default())
    }

    #[test]
    fn the_page_of_the_sample() {
        let page = text(&sample::report());
        let page = page.replace(STYLE, "(style)").replace(SCRIPT, "(script)").replace(&policy(), "(policy)");
        insta::assert_snapshot!(page);
    }

    #[test]
    fn nothing_in_it_comes_from_elsewhere() {
        let page = text(&sample::report());
        for word in ["<link", "<img", "<iframe", "src=", "@import", "url(", "style=", "onclick"] {
            assert!(!page.contains(word), "{word}");
        }
    }

    #[test]
    fn what_a_peer_sent_is_text_wherever_it_stands() {
        let evil = "</script></title><script>alert(1)</script><b a='\" onload=x>\u{0}\u{1b}[2J";
        let mut report = sample::report();
        report.run.system = evil.to_owned();
        report.causes[0].title = evil.to_owned();
        for scenario in &mut report.scenarios {
            scenario.title = evil.to_owned();
            scenario.reason = Some(evil.to_owned());
            scenario.id = evil.to_owned();
            scenario.tags = vec![evil.to_owned()];
            for call in &mut scenario.calls {
                call.uri = format!("http://r/{evil}");
                call.response_body.excerpt = evil.to_owned();
            }
        }
        let page = text(&report);
        assert!(!page.contains("<script>alert") && !page.contains("<b a=") && !page.contains(['\u{0}', '\u{1b}']));
        let scripts = page.matches("<script").count();
        assert_eq!(scripts, 2 + report.scenarios.len(), "ours and no other");
        assert_eq!(page.matches("</script").count(), scripts);
    }

    #[test]
    fn five_hundred_failures_with_huge_traces_stay_below_ten_mebibytes() {
        let mut report = sample::report();
        let mut failed = report.scenarios[0].clone();
        let mut call = failed.calls[3].clone();
        call.response_headers = (0..8).map(|n| (format!("x-{n}"), "v".repeat(1000))).collect();
        failed.calls.extend(std::iter::repeat_n(call, 200));
        failed.log = vec!["a line of the log ".repeat(200); 200];
        report.scenarios = (0..500).map(|n| ScenarioReport { id: format!("s{n}"), ..failed.clone() }).collect();
        let page = text(&report);
        assert!(page.len() < 10 << 20, "{} bytes", page.len());
        assert!(page.matches("\"calls\":[{").count() > 400, "nearly every failure keeps a timeline");
    }

    #[test]
    fn a_known_failure_is_explained_like_any_other() {
        let mut report = sample::report();
        report.scenarios.truncate(1);
        report.scenarios[0].verdict = Verdict::Known;
        report.scenarios[0].reason = Some("listed: it lists its uploads".to_owned());
        (report.causes, report.run.deviations, report.run.recorded) = (Vec::new(), Vec::new(), Vec::new());
        report.totals = crate::Totals::of([Verdict::Known]);
        let page = text(&report);
        for part in [
            "1 of 1 scenario failed as is known",
            "was answered 500; expected: ",
            "It did not hold: status is 500",
            "This is known: listed",
            "Registry, provoked by",
            "Keep the upload id",
        ] {
            assert!(page.contains(part), "{part}");
        }
    }

    #[test]
    fn a_run_without_failures_says_so_first() {
        let mut report = sample::report();
        report.scenarios.retain(|scenario| scenario.verdict == Verdict::Passed);
        report.causes.clear();
        report.run.deviations.clear();
        report.run.recorded.clear();
        report.totals = crate::Totals::of(report.scenarios.iter().map(|scenario| scenario.verdict));
        let page = text(&report);
        assert!(page.contains("Nobody: nothing failed.") && !page.contains("chip failed"));
        report.run.deviations = sample::report().run.deviations;
        let page = text(&report);
        assert!(
            page.contains("chip failed") && page.contains("Delete or mend the entries named below"),
            "a stale list fails the run"
        );
        report.run.deviations.clear();
        report.run.recorded = sample::report().run.recorded;
        let page = text(&report);
        assert!(page.contains("chip failed") && page.contains("1 of 2 seen again"), "so does a record that is none");
    }
}
