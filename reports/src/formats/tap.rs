//! TAP version 14. Known deviations are TODO, as TAP calls a failure that is expected; error and inconclusive are `not ok`.

use std::fmt::{self, Write};

use super::{Format, Options};
use crate::text::{clean, elide};
use crate::{Report, ScenarioReport, Verdict};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "tap",
    media_type: "text/plain",
    extension: "tap",
    about: "Test Anything Protocol, version 14",
    render,
};

/// Characters of one value.
const TEXT: usize = 500;

fn render(report: &Report, _: &Options, out: &mut dyn Write) -> fmt::Result {
    writeln!(out, "TAP version 14\n1..{}", report.scenarios.len())?;
    for (number, scenario) in report.scenarios.iter().enumerate() {
        point(number + 1, scenario, out)?;
    }
    if report.run.interrupted {
        writeln!(out, "Bail out! The run was interrupted")?;
    }
    writeln!(out, "# {}", escape(&report.totals.line()))
}

fn point(number: usize, scenario: &ScenarioReport, out: &mut dyn Write) -> fmt::Result {
    let (result, directive) = match scenario.verdict {
        Verdict::Passed => ("ok", ""),
        Verdict::Known => ("not ok", " # TODO "),
        Verdict::Skipped => ("ok", " # SKIP "),
        Verdict::NotRun => ("ok", " # SKIP not run "),
        Verdict::Failed | Verdict::Error | Verdict::Inconclusive => ("not ok", ""),
    };
    write!(out, "{result} {number} - {}", escape(&scenario.id))?;
    let reason = scenario.reason.as_deref().unwrap_or_default();
    if !directive.is_empty() {
        return writeln!(out, "{}", format!("{directive}{}", escape(reason)).trim_end());
    }
    writeln!(out)?;
    if scenario.verdict == Verdict::Passed {
        return Ok(());
    }
    let place = format!("{}:{}", scenario.file, scenario.line);
    let blame = scenario.blame.as_ref();
    let parties = blame.map(|blame| blame.parties());
    writeln!(out, "  ---")?;
    for (key, value) in [
        ("severity", Some(scenario.verdict.name())),
        ("message", Some(reason)),
        ("at", Some(place.as_str())),
        ("blame", parties.as_deref()),
        ("why", blame.map(|blame| blame.why.as_str())),
        ("repeat", Some(scenario.repeat.as_str())),
    ] {
        if let Some(value) = value {
            writeln!(out, "  {key}: {}", quoted(value))?;
        }
    }
    writeln!(out, "  ...")
}

/// A description: `#` begins a directive there.
fn escape(text: &str) -> String {
    elide(&clean(text), TEXT, "...").replace('\\', "\\\\").replace('#', "\\#")
}

/// A string of JSON, which is one of YAML, too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(elide(&clean(text), TEXT, "...")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn every_verdict_is_a_test_point() {
        insta::assert_snapshot!(FORMAT.text(&sample::report(), &Options::default()));
    }

    #[test]
    fn nothing_a_peer_sent_is_a_directive_or_a_line() {
        let mut report = sample::report();
        report.scenarios[0].id = "a # SKIP\nok 7".to_owned();
        report.scenarios[0].reason = Some("x\n  ...\nBail out! # TODO".to_owned());
        let text = FORMAT.text(&report, &Options::default());
        assert!(text.contains("not ok 1 - a \\# SKIP\\\\nok 7\n"), "{text}");
        assert_eq!(text.matches("\nBail out!").count(), 1, "ours: {text}");
    }
}
