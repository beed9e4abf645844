//! For people at a terminal: one line per scenario, a full block per failure, causes and totals at the end.
//!
//! [`line()`], [`failure()`] and [`summary()`] are also used one by one while a run goes on, [`live()`] without a run.

mod about;
mod failure;
mod log;
mod names;
mod paint;
mod timeline;

use std::fmt::{self, Write};

pub use self::failure::failure;
use self::paint::{Mark, Paint};
pub use self::timeline::live;
use super::{Format, Options};
use crate::text::{clean, count, duration, elide, width, wrap};
use crate::{Report, RunInfo, ScenarioReport, Verdict};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "terminal",
    media_type: "text/plain",
    extension: "txt",
    about: "for people: failures with both sides of every call, and who is to blame",
    render,
};

/// Causes are shown with so many of their scenarios.
const SHOWN_PER_CAUSE: usize = 6;

fn render(report: &Report, options: &Options, out: &mut dyn Write) -> fmt::Result {
    header(&report.run, options, out)?;
    let mut rest = report.scenarios.as_slice();
    let mut after_block = true;
    while let Some(scenario) = rest.first() {
        let alike = rest.iter().take_while(|other| folds(scenario, other)).count().max(1);
        let block = scenario.verdict == Verdict::Failed;
        if block || after_block {
            writeln!(out)?;
        }
        if alike > 1 {
            folded(&rest[..alike], options, out)?;
        } else if block {
            failure(&report.run, scenario, options, out)?;
        } else {
            line(scenario, options, out)?;
        }
        after_block = block;
        rest = &rest[alike..];
    }
    summary(report, options, out)
}

/// What is run, in one line.
///
/// # Errors
/// Those of `out` only.
pub fn header(run: &RunInfo, options: &Options, out: &mut dyn Write) -> fmt::Result {
    let paint = Paint::new(options);
    let version = run.system_version.as_ref().map_or(String::new(), |version| format!(" ({version})"));
    let text = format!(
        "shakedown {} on {}{version}, storage {}, over {}, seed {}",
        run.version, run.system, run.storage, run.over, run.seed
    );
    writeln!(out, "{}", paint.in_style(Mark::Quiet, &elide(&clean(&text), paint.width(), paint.ellipsis())))
}

/// One scenario in one line: verdict, id, why, how long. Failures have a block of their own beside it: [`failure()`].
///
/// # Errors
/// Those of `out` only.
pub fn line(scenario: &ScenarioReport, options: &Options, out: &mut dyn Write) -> fmt::Result {
    let paint = Paint::new(options);
    let label = label(scenario.verdict);
    let facts = match (&scenario.reason, scenario.verdict) {
        // The reason stands once at the end, with all that it explains.
        (Some(_), Verdict::Known) => "a known deviation".to_owned(),
        (Some(reason), _) => clean(reason),
        (None, Verdict::NotRun) => "never begun".to_owned(),
        (None, _) => {
            let faults = match scenario.faults_fired {
                0 => String::new(),
                fired => format!(", {}", count(usize::try_from(fired).unwrap_or(usize::MAX), "fault")),
            };
            format!("{}{faults}, {}", count(scenario.calls.len(), "call"), duration(scenario.duration_us))
        }
    };
    let name = named(scenario);
    let room = paint.width().saturating_sub(9 + width(&name) + 2);
    if width(&facts) <= room {
        let gap = 36_usize.saturating_sub(width(&name)).min(room - width(&facts));
        return writeln!(
            out,
            "{label:<9}{name}  {:gap$}{}",
            "",
            paint.in_style(Mark::Quiet, &facts),
            label = paint.verdict(scenario.verdict, label, 9)
        );
    }
    writeln!(
        out,
        "{}{}",
        paint.verdict(scenario.verdict, label, 9),
        elide(&name, paint.width() - 9, paint.ellipsis())
    )?;
    for part in wrap(&facts, paint.width() - 9) {
        writeln!(out, "         {}", paint.in_style(Mark::Quiet, &part))?;
    }
    Ok(())
}

/// Causes and totals.
///
/// # Errors
/// Those of `out` only.
pub fn summary(report: &Report, options: &Options, out: &mut dyn Write) -> fmt::Result {
    let paint = Paint::new(options);
    if !report.causes.is_empty() {
        writeln!(out, "\n{}", paint.in_style(Mark::Label, "Causes"))?;
    }
    for cause in &report.causes {
        let text = format!("{}: {}", cause.parties(), clean(&cause.title));
        for (number, part) in wrap(&text, paint.width() - 6).iter().enumerate() {
            match number {
                0 => writeln!(out, "{:>4}  {part}", cause.scenarios.len())?,
                _ => writeln!(out, "      {part}")?,
            }
        }
        let mut ids = cause.scenarios.iter().take(SHOWN_PER_CAUSE).map(String::as_str).collect::<Vec<_>>().join(", ");
        if cause.scenarios.len() > SHOWN_PER_CAUSE {
            write!(ids, " and {} more", cause.scenarios.len() - SHOWN_PER_CAUSE)?;
        }
        for part in wrap(&clean(&ids), paint.width() - 6) {
            writeln!(out, "      {}", paint.in_style(Mark::Quiet, &part))?;
        }
    }
    about::deviations(&report.run, paint, out)?;
    about::recorded(&report.run, paint, out)?;
    about::habits(&report.habits, paint, out)?;
    about::target(&report.run, paint, out)?;
    writeln!(out)?;
    for part in report.run.rules.line().iter().flat_map(|line| wrap(line, paint.width())) {
        writeln!(out, "{}", paint.in_style(Mark::Quiet, &part))?;
    }
    totals(report, paint, out)
}

/// Counts and times: one line where it fits.
fn totals(report: &Report, paint: Paint, out: &mut dyn Write) -> fmt::Result {
    let parts = report.totals.parts();
    let last = parts.len() - 1;
    let mut used = 0;
    for (number, (amount, verdict)) in parts.into_iter().enumerate() {
        let end = if number == last { format!(" of {}", report.totals.total) } else { ",".to_owned() };
        let text = format!("{amount} {}", verdict.name());
        let more = width(&text) + width(&end);
        if used + 1 + more > paint.width() {
            writeln!(out)?;
            used = 0;
        } else if used > 0 {
            write!(out, " ")?;
        }
        used += 1 + more;
        let painted = if amount == 0 { text } else { paint.verdict(verdict, &text, 0) };
        write!(out, "{painted}{end}")?;
    }
    let mut times = format!("in {}", duration(report.run.wall_us));
    if report.run.over == "memory" {
        write!(times, " ({} of virtual time)", duration(report.run.virtual_us))?;
    }
    if report.run.interrupted {
        times.push_str(", interrupted");
    }
    if used + 3 + width(&times) > paint.width() {
        writeln!(out, "\n{}", paint.in_style(Mark::Quiet, &times))
    } else {
        writeln!(out, "   {}", paint.in_style(Mark::Quiet, &times))
    }
}

/// Scenarios that ended in one error of the environment (a dead target) or were never begun: one line for all of them.
fn folds(first: &ScenarioReport, other: &ScenarioReport) -> bool {
    matches!(first.verdict, Verdict::Error | Verdict::NotRun)
        && first.verdict == other.verdict
        && first.reason == other.reason
}

fn folded(alike: &[ScenarioReport], options: &Options, out: &mut dyn Write) -> fmt::Result {
    let paint = Paint::new(options);
    let first = &alike[0];
    let reason = first.reason.as_deref().unwrap_or("never begun");
    let last = &alike[alike.len() - 1];
    let text = clean(&format!("{} scenarios, {} to {}: {reason}", alike.len(), first.id, last.id));
    for (number, part) in wrap(&text, paint.width() - 9).iter().enumerate() {
        match number {
            0 => writeln!(out, "{}{part}", paint.verdict(first.verdict, label(first.verdict), 9))?,
            _ => writeln!(out, "         {part}")?,
        }
    }
    Ok(())
}

/// What a call addresses, short enough for one line of any format.
pub(crate) fn shown(call: &crate::Call) -> String {
    if call.is_client() { names::of_client_call(call) } else { names::of_storage_call(call) }
}

/// Id and incidents, e.g. `async-multipart-create (A01)`.
fn named(scenario: &ScenarioReport) -> String {
    match scenario.seen.as_slice() {
        [] => clean(&scenario.id),
        seen => clean(&format!("{} ({})", scenario.id, seen.join(", "))),
    }
}

fn label(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Known => "known",
        Verdict::Skipped => "skipped",
        Verdict::Inconclusive => "unclear",
        Verdict::Failed => "FAILED",
        Verdict::Error => "ERROR",
        Verdict::NotRun => "not run",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn text(options: &Options) -> String {
        FORMAT.text(&sample::report(), options)
    }

    #[test]
    fn every_verdict_wide() {
        insta::assert_snapshot!(text(&Options { unicode: true, width: 140, ..Options::default() }));
    }

    #[test]
    fn ascii_only() {
        let text = text(&Options { width: 140, ..Options::default() });
        assert!(text.is_ascii(), "no character beyond ASCII");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn narrow() {
        let text = text(&Options { width: 60, ..Options::default() });
        for line in text.lines().filter(|line| !line.contains("repeat")) {
            assert!(width(line) <= 60, "{}: {line}", width(line));
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn colours_are_all_that_colour_adds() {
        let options = Options { width: 100, ..Options::default() };
        let colored = text(&Options { color: true, ..options });
        assert!(colored.contains("\x1b["));
        let mut plain = String::new();
        let mut rest = colored.as_str();
        while let Some((before, after)) = rest.split_once("\x1b[") {
            plain.push_str(before);
            rest = after.split_once('m').unwrap().1;
        }
        plain.push_str(rest);
        assert_eq!(plain, text(&options));
    }

    #[test]
    fn a_dead_target_is_one_line() {
        let mut report = sample::report();
        let dead = report.scenarios.iter().find(|s| s.verdict == Verdict::Error).unwrap().clone();
        report.scenarios = (0..800).map(|n| ScenarioReport { id: format!("s{n}"), ..dead.clone() }).collect();
        let text = FORMAT.text(&report, &Options::default());
        assert_eq!(text.lines().filter(|line| line.contains("connection refused")).count(), 1, "{text}");
    }
}
