//! Annotations of GitHub Actions: workflow commands on standard output. GitHub shows ten of each kind for a step and drops the rest
//! without a word, so the tenth says how many more there are.

use std::fmt::{self, Write};

use super::{Format, Options};
use crate::text::{clean, elide};
use crate::{Report, ScenarioReport, Verdict};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "github",
    media_type: "text/plain",
    extension: "txt",
    about: "annotations of GitHub Actions, at most ten of each kind",
    render,
};

/// Annotations of one kind that GitHub shows for a step.
const MOST: usize = 10;
/// Characters of one message.
const MESSAGE: usize = 1000;

type IsOfKind = fn(&ScenarioReport) -> bool;

/// The kinds: command, and which scenarios have it.
const KINDS: &[(&str, IsOfKind)] = &[
    ("error", |scenario| matches!(scenario.verdict, Verdict::Failed | Verdict::Error)),
    ("warning", |scenario| {
        scenario.verdict == Verdict::Inconclusive
            || scenario.verdict == Verdict::Passed && !scenario.failed_tries.is_empty()
    }),
    ("notice", |scenario| matches!(scenario.verdict, Verdict::Known | Verdict::Skipped | Verdict::NotRun)),
];

fn render(report: &Report, _: &Options, out: &mut dyn Write) -> fmt::Result {
    for (kind, is_of_kind) in KINDS {
        let all: Vec<_> = report.scenarios.iter().filter(|scenario| is_of_kind(scenario)).collect();
        let shown = if all.len() > MOST { MOST - 1 } else { all.len() };
        for scenario in &all[..shown] {
            annotation(kind, scenario, out)?;
        }
        if shown < all.len() {
            let more = all.len() - shown;
            writeln!(out, "::{kind} title=shakedown::and {more} more like these; the report has them all")?;
        }
    }
    writeln!(out, "{}", command_text(&format!("shakedown on {}: {}", report.run.system, report.totals.line())))
}

fn annotation(kind: &str, scenario: &ScenarioReport, out: &mut dyn Write) -> fmt::Result {
    let mut message = scenario.title.clone();
    for part in [scenario.reason.as_ref(), scenario.blame.as_ref().map(|blame| &blame.why)].into_iter().flatten() {
        message.push_str(": ");
        message.push_str(part);
    }
    if let Some(blame) = &scenario.blame {
        message.push_str(&format!(". Blame: {}.", blame.parties()));
    }
    let title = format!("{} {}", scenario.verdict.name(), scenario.id);
    writeln!(
        out,
        "::{kind} file={},line={},title={}::{}",
        property(&scenario.file),
        scenario.line.max(1),
        property(&title),
        command_text(&message)
    )
}

/// The text behind `::`.
fn command_text(text: &str) -> String {
    // The runner reads commands anywhere in a line that begins with `::`; ours are the only ones.
    elide(&clean(text), MESSAGE, "...").replace('%', "%25").trim_start_matches(':').to_owned()
}

/// A value before it.
fn property(text: &str) -> String {
    elide(&clean(text), 200, "...").replace('%', "%25").replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn annotations_of_all_kinds() {
        insta::assert_snapshot!(FORMAT.text(&sample::report(), &Options::default()));
    }

    #[test]
    fn never_more_than_github_shows() {
        let mut report = sample::report();
        let failed = report.scenarios[0].clone();
        report.scenarios.extend(vec![failed; 500]);
        let text = FORMAT.text(&report, &Options::default());
        for (kind, _) in KINDS {
            assert!(text.lines().filter(|line| line.starts_with(&format!("::{kind} "))).count() <= MOST, "{kind}");
        }
        assert!(text.contains("::error title=shakedown::and 496 more"), "{text}");
    }

    #[test]
    fn nothing_a_peer_sent_is_a_command() {
        let mut report = sample::report();
        report.run.system = "::stop-commands::x".to_owned();
        report.scenarios[0].reason = Some("a\n::error::b%0A".to_owned());
        report.scenarios[0].file = "a,line=7::x.yaml".to_owned();
        let text = FORMAT.text(&report, &Options::default());
        assert!(text.lines().all(|line| !line.starts_with("::error::") && !line.starts_with("::stop")), "{text}");
        assert!(text.contains("%250A") && text.contains("file=a%2Cline=7%3A%3Ax.yaml,line=14"), "{text}");
    }
}
