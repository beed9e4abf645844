//! What stands below the causes: known deviations, and what the run learned of its target and left on it.

use super::page::plain;
use crate::text::count;
use crate::{Report, RunInfo};

/// Lines of one note.
const LINES: usize = 20;

/// A heading and its lines.
pub(super) struct Note {
    pub(super) title: &'static str,
    pub(super) lines: Vec<String>,
}

/// The notes that have something to say.
pub(super) fn of(report: &Report) -> Vec<Note> {
    let run = &report.run;
    let gone = report.gone().map(|entry| format!("{entry}: listed as known, but it passes; delete it from the list"));
    let notes = [
        ("No longer there", gone.collect()),
        ("Known deviations", deviations(run)),
        ("Incidents as field reports recorded them", recorded(run)),
        ("Habits that clients rely on (no failures)", habits(report)),
        ("The system", abilities(run)),
        ("Left behind", run.left_behind.clone()),
    ];
    notes.into_iter().filter(|(_, lines)| !lines.is_empty()).map(|(title, lines)| bounded(title, lines)).collect()
}

fn deviations(run: &RunInfo) -> Vec<String> {
    let occurred = run.deviations.iter().filter(|deviation| !deviation.scenarios.is_empty());
    let line = |deviation: &crate::Deviation| {
        let link = deviation.link.as_ref().map_or(String::new(), |link| format!(" ({link})"));
        format!("{}: {}{link}", count(deviation.scenarios.len(), "scenario"), deviation.reason)
    };
    occurred.map(line).collect()
}

fn recorded(run: &RunInfo) -> Vec<String> {
    let (all, again) = run.incidents_seen_again();
    let counts = (all > 0).then(|| format!("{again} of {all} seen again"));
    counts.into_iter().chain(run.unlike_recorded()).collect()
}

fn habits(report: &Report) -> Vec<String> {
    let line = |habit: &crate::MissedHabit| {
        let scenarios = count(habit.scenarios.len(), "scenario");
        format!("{} is missed in {scenarios}: {}; else {}. {}", habit.id, habit.habit, habit.otherwise, habit.example)
    };
    report.habits.iter().map(line).collect()
}

fn abilities(run: &RunInfo) -> Vec<String> {
    let line = |ability: &crate::Ability| match ability.there {
        true => format!("has {}", ability.name),
        false => format!("has not {} ({})", ability.name, ability.evidence),
    };
    run.abilities.iter().map(line).collect()
}

fn bounded(title: &'static str, mut lines: Vec<String>) -> Note {
    let more = lines.len().saturating_sub(LINES);
    lines.truncate(LINES);
    let mut lines: Vec<_> = lines.iter().map(|line| plain(line)).collect();
    if more > 0 {
        lines.push(format!("and {more} more: the JSON report has them all"));
    }
    Note { title, lines }
}
