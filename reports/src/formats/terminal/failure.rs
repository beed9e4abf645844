//! The block of one failure: who is to blame, both sides on one timeline, what was expected, what to do.

use std::fmt::{self, Write};

use super::paint::{Mark, Paint};
use super::timeline::Timeline;
use super::{label, log, named};
use crate::formats::Options;
use crate::text::{clean, elide, width, wrap};
use crate::{Check, RunInfo, ScenarioReport, Verdict};

/// Lines that one line of the log may take.
const LOG_WIDTHS: usize = 2;
/// Failed checks without a call of their own that are shown.
const CHECKS: usize = 8;
/// Column at which the text of a labelled line begins.
const TEXT: usize = 11;

/// The block of a failed scenario (or of any other that has calls to show). Ends with a newline.
///
/// # Errors
/// Those of `out` only.
pub fn failure(run: &RunInfo, scenario: &ScenarioReport, options: &Options, out: &mut dyn Write) -> fmt::Result {
    let paint = Paint::new(options);
    title(run, scenario, paint, out)?;
    let timeline = Timeline::of(scenario);
    timeline.write(paint, out)?;
    let unseen: Vec<_> =
        failed_checks(scenario).filter(|check| !check.call.is_some_and(|call| timeline.shows(call))).collect();
    for check in unseen.iter().take(CHECKS) {
        labelled("check", &check_line(check), Mark::Bad, paint, out)?;
    }
    if unseen.len() > CHECKS {
        labelled("", &format!("and {} more that failed", unseen.len() - CHECKS), Mark::Quiet, paint, out)?;
    }
    let why = scenario.blame.as_ref().map(|blame| &blame.why).or(scenario.reason.as_ref());
    if let Some(why) = why {
        labelled("why", &clean(why), Mark::Plain, paint, out)?;
    }
    for (number, line) in log::telling(scenario, &timeline.log()).into_iter().enumerate() {
        let text = elide(&clean(&line), LOG_WIDTHS * (paint.width() - TEXT), paint.ellipsis());
        labelled(if number == 0 { "log" } else { "" }, &text, Mark::Quiet, paint, out)?;
    }
    if let Some(fix) = scenario.blame.as_ref().and_then(|blame| blame.fix.as_ref()) {
        labelled("fix", &clean(fix), Mark::Plain, paint, out)?;
    }
    // Not wrapped: it is there to be copied.
    writeln!(out, "  {}   {}", paint.in_style(Mark::Label, "repeat"), clean(&scenario.repeat))?;
    if let Some(incident) = scenario.seen.first() {
        labelled("more", &clean(&format!("shakedown explain {incident}")), Mark::Plain, paint, out)?;
    }
    Ok(())
}

fn title(run: &RunInfo, scenario: &ScenarioReport, paint: Paint, out: &mut dyn Write) -> fmt::Result {
    let name = named(scenario);
    let version = run.system_version.as_ref().map_or(String::new(), |version| format!(" ({version})"));
    let system = clean(&format!("on {}{version}", run.system));
    let blame = scenario.blame.as_ref().map_or(String::new(), |blame| format!("blame: {}", blame.parties()));
    write!(out, "{}", paint.verdict(scenario.verdict, label(scenario.verdict), 8))?;
    let on_one_line = 8 + width(&name) + 3 + width(&system) + 3 + width(&blame) <= paint.width();
    if on_one_line {
        let gap = paint.width().min(120).saturating_sub(8 + width(&name) + 3 + width(&system) + width(&blame)).max(3);
        let gap = if blame.is_empty() { 0 } else { gap };
        return writeln!(
            out,
            "{}   {system}{:gap$}{}",
            paint.in_style(Mark::Label, &name),
            "",
            paint.in_style(Mark::Bad, &blame)
        );
    }
    writeln!(out, "{}", paint.in_style(Mark::Label, &elide(&name, paint.width() - 8, paint.ellipsis())))?;
    for (text, mark) in [(&system, Mark::Plain), (&blame, Mark::Bad)] {
        for part in wrap(text, paint.width() - 8).iter().filter(|part| !part.is_empty()) {
            writeln!(out, "        {}", paint.in_style(mark, part))?;
        }
    }
    Ok(())
}

/// A label and its text, wrapped with a hanging indent.
fn labelled(label: &str, text: &str, mark: Mark, paint: Paint, out: &mut dyn Write) -> fmt::Result {
    for (number, part) in wrap(text, paint.width() - TEXT).iter().enumerate() {
        let label = if number == 0 { label } else { "" };
        let pad = TEXT - 2 - width(label);
        writeln!(out, "  {}{:pad$}{}", paint.in_style(Mark::Label, label), "", paint.in_style(mark, part))?;
    }
    Ok(())
}

/// The failed checks of all steps.
pub(super) fn failed_checks(scenario: &ScenarioReport) -> impl Iterator<Item = &Check> {
    let checks = scenario.steps.iter().flat_map(|step| &step.checks);
    checks.filter(|check| matches!(check.verdict, Verdict::Failed | Verdict::Error))
}

/// What was expected, what came, which rules say so, and where.
fn check_line(check: &Check) -> String {
    let rules = check.rules_in_brackets();
    let at = if check.at.is_empty() { String::new() } else { format!(" at {}", check.at) };
    clean(&format!("{}: expected {}, was {}{rules}{at}", check.what, check.expected, check.actual))
}
