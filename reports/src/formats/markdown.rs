//! Markdown for a pull request: verdicts, causes and the failures, at most 60 lines whatever failed.

use std::fmt::{self, Write};

use super::{Format, Options};
use crate::text::{clean, count, duration, elide};
use crate::{Report, ScenarioReport, Verdict};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "markdown",
    media_type: "text/markdown",
    extension: "md",
    about: "a comment on a pull request, at most 60 lines",
    render,
};

const CAUSES: usize = 8;
const FAILURES: usize = 16;
const REPEATS: usize = 5;
const GONE: usize = 10;

fn render(report: &Report, _: &Options, out: &mut dyn Write) -> fmt::Result {
    let run = &report.run;
    writeln!(out, "### shakedown on {}: {}\n", cell(&run.system, 60), report.totals.line())?;
    let version = run.system_version.as_ref().map_or(String::new(), |v| format!(" ({})", cell(v, 60)));
    let interrupted = if run.interrupted { " The run was interrupted." } else { "" };
    writeln!(
        out,
        "{}{version} on storage {}, over {}, seed {}, {}.{interrupted}",
        cell(&run.system, 60),
        cell(&run.storage, 40),
        run.over,
        run.seed,
        duration(run.wall_us),
    )?;
    if let Some(line) = run.rules.line() {
        writeln!(out, "\n{line}")?;
    }
    if !report.causes.is_empty() {
        writeln!(out, "\n| scenarios | cause | blame |\n|---:|---|---|")?;
    }
    for cause in report.causes.iter().take(CAUSES) {
        writeln!(out, "| {} | {} | {} |", cause.scenarios.len(), cell(&cause.title, 160), cause.parties())?;
    }
    more(report.causes.len(), CAUSES, "causes", out)?;
    known(report, out)?;
    habits(report, out)?;
    let is_bad = |s: &&ScenarioReport| matches!(s.verdict, Verdict::Failed | Verdict::Error | Verdict::Inconclusive);
    let bad: Vec<_> = report.scenarios.iter().filter(is_bad).collect();
    if !bad.is_empty() {
        writeln!(out, "\n| | scenario | incident | why |\n|---|---|---|---|")?;
    }
    for scenario in bad.iter().take(FAILURES) {
        let why = scenario.reason.as_deref().unwrap_or("");
        let seen = scenario.seen.join(", ");
        writeln!(
            out,
            "| {} | `{}` | {} | {} |",
            scenario.verdict.name(),
            code(&scenario.id, 60),
            cell(&seen, 30),
            cell(why, 160)
        )?;
    }
    more(bad.len(), FAILURES, "scenarios", out)?;
    if !bad.is_empty() {
        writeln!(out, "\nRepeat:\n```")?;
        for scenario in bad.iter().take(REPEATS) {
            writeln!(out, "{}", code(&scenario.repeat, 300))?;
        }
        writeln!(out, "```")?;
    }
    Ok(())
}

/// Known deviations in one line, and those that are gone: the run fails because of them.
fn known(report: &Report, out: &mut dyn Write) -> fmt::Result {
    let occurred = report.run.deviations.iter().filter(|deviation| !deviation.scenarios.is_empty()).count();
    if occurred > 0 {
        let (known, reasons) = (report.totals.known, if occurred == 1 { "reason" } else { "reasons" });
        writeln!(out, "\nKnown deviations: {known}, for {occurred} listed {reasons}.")?;
    }
    let gone: Vec<_> = report.gone().map(|entry| format!("`{}`", code(entry, 60))).collect();
    if !gone.is_empty() {
        let shown = gone.iter().take(GONE).cloned().collect::<Vec<_>>().join(", ");
        writeln!(out, "\nListed as known, but no longer there (delete them from the list): {shown}")?;
    }
    more(gone.len(), GONE, "entries", out)?;
    let (all, again) = report.run.incidents_seen_again();
    if all > 0 {
        writeln!(out, "\nIncidents as field reports recorded them: {again} of {all} seen again.")?;
    }
    let unlike: Vec<_> = report.run.unlike_recorded().map(|line| cell(&line, 160)).collect();
    unlike.iter().take(GONE).try_for_each(|line| writeln!(out, "- {line}"))?;
    more(unlike.len(), GONE, "entries", out)
}

/// Habits that are missed, in one line: there are few.
fn habits(report: &Report, out: &mut dyn Write) -> fmt::Result {
    let one = |habit: &crate::MissedHabit| {
        format!("{} ({}) in {}", cell(&habit.id, 10), cell(&habit.habit, 120), count(habit.scenarios.len(), "scenario"))
    };
    let missed: Vec<_> = report.habits.iter().map(one).collect();
    if missed.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nHabits that clients rely on and that are missed (no failures): {}.", missed.join("; "))
}

fn more(all: usize, shown: usize, what: &str, out: &mut dyn Write) -> fmt::Result {
    if all > shown { writeln!(out, "\nand {} more {what}", all - shown) } else { Ok(()) }
}

/// Text inside a table: nothing of it is markup.
pub(crate) fn cell(text: &str, limit: usize) -> String {
    let mut out = String::new();
    for c in elide(&clean(text), limit, "...").chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '#' | '~' | '@' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// Text inside a code span or block.
fn code(text: &str, limit: usize) -> String {
    elide(&clean(text), limit, "...").replace('`', "'").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn what_a_reviewer_needs() {
        insta::assert_snapshot!(FORMAT.text(&sample::report(), &Options::default()));
    }

    #[test]
    fn never_more_than_sixty_lines() {
        let mut report = sample::report();
        let (failed, cause) = (report.scenarios[0].clone(), report.causes[0].clone());
        report.scenarios = vec![failed; 500];
        report.causes = vec![cause; 300];
        let lines = FORMAT.text(&report, &Options::default()).lines().count();
        assert!((40..=60).contains(&lines), "{lines}");
    }

    #[test]
    fn nothing_a_peer_sent_is_markup() {
        assert_eq!(cell("<b>|x|</b> @all `c`", 99), "&lt;b&gt;\\|x\\|&lt;/b&gt; \\@all \\`c\\`");
    }
}
