//! What stands between causes and totals: known deviations, habits that are missed, and what the run learned of its target and left on it.

use std::fmt::{self, Write};

use super::SHOWN_PER_CAUSE;
use super::paint::{Mark, Paint};
use crate::text::{clean, elide, wrap};
use crate::{MissedHabit, RunInfo};

/// Lines of what was left behind.
const LEFT: usize = 10;

/// The deviations that occurred with what they explain, then those that did not.
pub(super) fn deviations(run: &RunInfo, paint: Paint, out: &mut dyn Write) -> fmt::Result {
    let occurred: Vec<_> = run.deviations.iter().filter(|deviation| !deviation.scenarios.is_empty()).collect();
    if !occurred.is_empty() {
        writeln!(out, "\n{}", paint.in_style(Mark::Label, "Known deviations"))?;
    }
    for deviation in occurred {
        let count = format!("{:>4}", deviation.scenarios.len());
        hanging(&count, &clean(&deviation.reason), Mark::Plain, paint, out)?;
        if let Some(link) = &deviation.link {
            let link = elide(&clean(link), paint.width() - 6, paint.ellipsis());
            writeln!(out, "      {}", paint.in_style(Mark::Quiet, &link))?;
        }
        hanging("", &clean(&some_of(&deviation.scenarios)), Mark::Quiet, paint, out)?;
    }
    let gone: Vec<_> = run.deviations.iter().flat_map(|deviation| &deviation.gone).collect();
    if !gone.is_empty() {
        writeln!(out, "\n{}", paint.in_style(Mark::Bad, "No longer there"))?;
        hanging("", "listed as known, but it passes: delete from the list", Mark::Plain, paint, out)?;
    }
    gone.into_iter().try_for_each(|entry| hanging("", &clean(&format!("- {entry}")), Mark::Bad, paint, out))
}

/// How many incidents showed what the field recorded of them, and what was not seen.
pub(super) fn recorded(run: &RunInfo, paint: Paint, out: &mut dyn Write) -> fmt::Result {
    let (all, again) = run.incidents_seen_again();
    if all == 0 {
        return Ok(());
    }
    writeln!(out, "\n{}", paint.in_style(Mark::Label, "Incidents as field reports recorded them"))?;
    hanging(&format!("{again:>4}"), &format!("of {all} seen again"), Mark::Plain, paint, out)?;
    run.unlike_recorded().try_for_each(|line| hanging("", &clean(&format!("- {line}")), Mark::Bad, paint, out))
}

/// What clients rely on, and the system does not do.
pub(super) fn habits(missed: &[MissedHabit], paint: Paint, out: &mut dyn Write) -> fmt::Result {
    if !missed.is_empty() {
        writeln!(out, "\n{}", paint.in_style(Mark::Label, "Habits that clients rely on (no failures)"))?;
    }
    for habit in missed {
        let text = format!("{} is missed: {}; else {}", habit.id, habit.habit, habit.otherwise);
        hanging(&format!("{:>4}", habit.scenarios.len()), &clean(&text), Mark::Plain, paint, out)?;
        hanging("", &clean(&habit.example), Mark::Quiet, paint, out)?;
        hanging("", &clean(&some_of(&habit.scenarios)), Mark::Quiet, paint, out)?;
    }
    Ok(())
}

/// Abilities that are not there, and what could not be deleted.
pub(super) fn target(run: &RunInfo, paint: Paint, out: &mut dyn Write) -> fmt::Result {
    if !run.abilities.is_empty() {
        let (there, absent): (Vec<_>, Vec<_>) = run.abilities.iter().partition(|ability| ability.there);
        writeln!(out, "\n{}", paint.in_style(Mark::Label, "The system"))?;
        let names: Vec<_> = there.iter().map(|ability| ability.name.as_str()).collect();
        let found = if names.is_empty() { "nothing optional".to_owned() } else { names.join(", ") };
        hanging("", &clean(&format!("has        {found}")), Mark::Plain, paint, out)?;
        for ability in absent {
            hanging(
                "",
                &clean(&format!("has not    {} ({})", ability.name, ability.evidence)),
                Mark::Plain,
                paint,
                out,
            )?;
        }
    }
    if !run.left_behind.is_empty() {
        writeln!(out, "\n{}", paint.in_style(Mark::Label, "Left behind"))?;
        for line in run.left_behind.iter().take(LEFT) {
            hanging("", &clean(line), Mark::Plain, paint, out)?;
        }
        if run.left_behind.len() > LEFT {
            let more = format!("and {} more: see the JSON report", run.left_behind.len() - LEFT);
            hanging("", &more, Mark::Quiet, paint, out)?;
        }
    }
    Ok(())
}

fn some_of(ids: &[String]) -> String {
    let mut text = ids.iter().take(SHOWN_PER_CAUSE).map(String::as_str).collect::<Vec<_>>().join(", ");
    if ids.len() > SHOWN_PER_CAUSE {
        text.push_str(&format!(" and {} more", ids.len() - SHOWN_PER_CAUSE));
    }
    text
}

fn hanging(head: &str, text: &str, mark: Mark, paint: Paint, out: &mut dyn Write) -> fmt::Result {
    for (number, part) in wrap(text, paint.width() - 6).iter().enumerate() {
        let head = if number == 0 { head } else { "" };
        writeln!(out, "{head:<6}{}", paint.in_style(mark, part))?;
    }
    Ok(())
}
