//! JUnit XML, as Jenkins and GitLab read it: `<failure>` for failed, `<error>` for error and inconclusive, `<skipped>` for what was
//! not run or is known; `<flakyFailure>` and `<rerunFailure>` for earlier tries, as Surefire writes them; file and line at each case.
//! Written by hand: the library for it (quick-junit) needs chrono, and `deny.toml` says no to a second date library.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::{Format, Options, terminal};
use crate::{Report, ScenarioReport, Verdict};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "junit",
    media_type: "application/xml",
    extension: "xml",
    about: "test results for CI servers",
    render,
};

fn render(report: &Report, _: &Options, out: &mut dyn Write) -> fmt::Result {
    let of = |verdicts: &[Verdict]| report.scenarios.iter().filter(|s| verdicts.contains(&s.verdict)).count();
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\"",
        report.scenarios.len(),
        of(&[Verdict::Failed]),
        of(&[Verdict::Error, Verdict::Inconclusive]),
        of(&[Verdict::Skipped, Verdict::Known, Verdict::NotRun]),
        seconds(report.run.wall_us),
    );
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"shakedown\" {counts}>")?;
    let (suite, started) = (escape(&report.run.system), escape(&report.run.started));
    writeln!(out, "  <testsuite name=\"{suite}\" timestamp=\"{started}\" {counts}>")?;
    writeln!(out, "    <properties>")?;
    let seed = report.run.seed.to_string();
    for (name, value) in [("seed", &seed), ("version", &report.run.version), ("over", &report.run.over)] {
        writeln!(out, "      <property name=\"{name}\" value=\"{}\"/>", escape(value))?;
    }
    writeln!(out, "    </properties>")?;
    let mut names = BTreeMap::new();
    for scenario in &report.scenarios {
        let times: &mut u32 = names.entry(scenario.id.as_str()).or_default();
        *times += 1;
        let name = if *times == 1 { scenario.id.clone() } else { format!("{} ({times})", scenario.id) };
        case(report, scenario, &name, out)?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

fn case(report: &Report, scenario: &ScenarioReport, name: &str, out: &mut dyn Write) -> fmt::Result {
    write!(
        out,
        "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\" time=\"{}\"",
        escape(name),
        escape(&report.run.system),
        escape(&scenario.file),
        scenario.line,
        seconds(scenario.wall_us),
    )?;
    let (element, default) = match scenario.verdict {
        Verdict::Passed if scenario.failed_tries.is_empty() => return writeln!(out, "/>"),
        Verdict::Passed => ("", ""),
        Verdict::Failed => ("failure", "an expectation did not hold"),
        Verdict::Error => ("error", "the environment or the target was not there"),
        Verdict::Inconclusive => ("error", "neither shown to hold nor to fail"),
        Verdict::Known => ("skipped", "a known deviation"),
        Verdict::Skipped => ("skipped", "the system lacks an ability"),
        Verdict::NotRun => ("skipped", "not run"),
    };
    let why = scenario.reason.as_deref().unwrap_or(default);
    let message = escape(&format!("{}: {why}", scenario.verdict.name()));
    writeln!(out, ">")?;
    match scenario.verdict {
        Verdict::Passed => {}
        Verdict::Failed => failure(report, scenario, &message, out)?,
        _ => writeln!(out, "      <{element} message=\"{message}\"/>")?,
    }
    let again = if scenario.verdict == Verdict::Passed { "flakyFailure" } else { "rerunFailure" };
    for reason in &scenario.failed_tries {
        writeln!(out, "      <{again} message=\"{}\" type=\"expectation\"/>", escape(reason))?;
    }
    writeln!(out, "    </testcase>")
}

fn failure(report: &Report, scenario: &ScenarioReport, message: &str, out: &mut dyn Write) -> fmt::Result {
    let kind = scenario.blame.as_ref().map_or("expectation", |blame| blame.rule.as_str());
    let mut block = String::new();
    terminal::failure(&report.run, scenario, &Options::default(), &mut block)?;
    writeln!(out, "      <failure message=\"{message}\" type=\"{}\">{}</failure>", escape(kind), escape(&block))
}

fn seconds(us: u64) -> String {
    format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
}

/// Text for XML 1.0, in attributes and elements alike; characters that XML cannot hold become U+FFFD.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn every_verdict_has_its_element() {
        insta::assert_snapshot!(FORMAT.text(&sample::report(), &Options::default()));
    }

    #[test]
    fn nothing_a_peer_sent_breaks_the_xml() {
        assert_eq!(
            escape("<a href=\"x\">&\u{0}\u{ffff}</a>"),
            "&lt;a href=&quot;x&quot;&gt;&amp;\u{fffd}\u{fffd}&lt;/a&gt;"
        );
    }
}
