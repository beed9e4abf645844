//! Several runs of the same scenarios on different systems, in one table of verdicts: for a terminal and as markdown.
//! Not here: what happened in a run (each has its own report).

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use crate::formats::cell;
use crate::text::{clean, elide, width};
use crate::{Options, Report, ScenarioReport, Totals, Verdict};

/// Up to so many scenarios are all shown; of more, only those that did not pass everywhere.
const ALL_SHOWN: usize = 40;
/// Characters of a name at most.
const NAME: usize = 60;

/// A run with the name its system was asked for by.
pub type Column<'a> = (&'a str, &'a Report);

/// One line of the table: a scenario and its verdict on each system.
struct Row<'a> {
    id: &'a str,
    cells: Vec<Option<&'a ScenarioReport>>,
}

impl Row<'_> {
    fn verdicts(&self) -> impl Iterator<Item = Option<Verdict>> {
        self.cells.iter().map(|cell| cell.map(|scenario| scenario.verdict))
    }

    fn all_passed(&self) -> bool {
        self.verdicts().all(|verdict| verdict == Some(Verdict::Passed))
    }

    fn differs(&self) -> bool {
        let mut verdicts = self.verdicts();
        let first = verdicts.next();
        verdicts.any(|verdict| Some(verdict) != first)
    }
}

fn rows<'a>(columns: &[Column<'a>]) -> Vec<Row<'a>> {
    let mut rows: BTreeMap<&str, Vec<Option<&ScenarioReport>>> = BTreeMap::new();
    for (number, (_, report)) in columns.iter().enumerate() {
        for scenario in &report.scenarios {
            rows.entry(&scenario.id).or_insert_with(|| vec![None; columns.len()])[number] = Some(scenario);
        }
    }
    rows.into_iter().map(|(id, cells)| Row { id, cells }).collect()
}

/// `passed`, or `failed: registry` where somebody is to blame.
fn verdict(scenario: Option<&ScenarioReport>) -> String {
    let Some(scenario) = scenario else { return "-".to_owned() };
    let name = scenario.verdict.name();
    match &scenario.blame {
        Some(blame) if scenario.verdict == Verdict::Failed => format!("{name}: {}", blame.party.name()),
        _ => name.to_owned(),
    }
}

/// The names of the verdicts that occur, with their counts, best first.
fn counts(totals: Totals) -> [(&'static str, u64); 7] {
    [
        ("passed", totals.passed),
        ("known", totals.known),
        ("skipped", totals.skipped),
        ("inconclusive", totals.inconclusive),
        ("failed", totals.failed),
        ("error", totals.error),
        ("not run", totals.not_run),
    ]
}

/// What the table leaves out, and how far the systems agree.
fn agreement(rows: &[Row<'_>], shown: usize) -> String {
    let differ = rows.iter().filter(|row| row.differs()).count();
    let mut text = format!(
        "{} scenarios: the same verdict on all systems for {}, differences in {differ}",
        rows.len(),
        rows.len() - differ
    );
    if shown < rows.len() {
        let _ = write!(text, "; {} that passed everywhere are not shown", rows.len() - shown);
    }
    text
}

/// The table for a terminal. All scenarios are shown if `all` says so or they are few; else those that did not pass everywhere.
pub fn side_by_side(columns: &[Column<'_>], all: bool, options: &Options) -> String {
    let rows = rows(columns);
    let is_shown = |row: &&Row<'_>| all || rows.len() <= ALL_SHOWN || !row.all_passed();
    let shown: Vec<&Row<'_>> = rows.iter().filter(is_shown).collect();
    let ellipsis = if options.unicode { "…" } else { "..." };
    let mut lines: Vec<Vec<String>> = Vec::new();
    let name = |text: &str| elide(&clean(text), NAME, ellipsis);
    lines.push(std::iter::once("scenario".to_owned()).chain(columns.iter().map(|(title, _)| name(title))).collect());
    for row in &shown {
        lines.push(std::iter::once(name(row.id)).chain(row.cells.iter().map(|cell| verdict(*cell))).collect());
    }
    let body = lines.len();
    let totals: Vec<_> = columns.iter().map(|(_, report)| counts(report.totals)).collect();
    for (number, (title, _)) in counts(Totals::default()).into_iter().enumerate() {
        if totals.iter().any(|counts| counts[number].1 > 0) {
            let counted = totals.iter().map(|counts| counts[number].1.to_string());
            lines.push(std::iter::once(title.to_owned()).chain(counted).collect());
        }
    }
    let widths: Vec<usize> =
        (0..=columns.len()).map(|at| lines.iter().map(|line| width(&line[at])).max().unwrap_or_default()).collect();
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        if number == body {
            text.push('\n');
        }
        let padded = line.iter().zip(&widths).map(|(word, width)| format!("{word:width$}"));
        text.push_str(padded.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&agreement(&rows, shown.len()));
    text.push('\n');
    text
}

/// The same as markdown, with every scenario; cells that are no pass have their reason below.
///
/// # Errors
/// Those of `out` only.
pub fn side_by_side_markdown(columns: &[Column<'_>], out: &mut dyn Write) -> fmt::Result {
    let rows = rows(columns);
    let titles = columns.iter().map(|(title, _)| cell(title, NAME));
    writeln!(out, "| scenario | {} |", titles.collect::<Vec<_>>().join(" | "))?;
    writeln!(out, "|---|{}", "---|".repeat(columns.len()))?;
    for row in &rows {
        let cells = row.cells.iter().map(|scenario| cell(&verdict(*scenario), NAME));
        writeln!(out, "| {} | {} |", cell(row.id, NAME), cells.collect::<Vec<_>>().join(" | "))?;
    }
    writeln!(out, "\n{}.", agreement(&rows, rows.len()))?;
    for row in rows.iter().filter(|row| row.differs()) {
        for ((title, _), scenario) in columns.iter().zip(&row.cells) {
            if let Some(reason) = scenario.and_then(|scenario| scenario.reason.as_deref()) {
                writeln!(out, "- {} on {}: {}", cell(row.id, NAME), cell(title, NAME), cell(reason, 300))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> (Report, Report) {
        let (left, mut right) = (crate::sample::report(), crate::sample::report());
        right.scenarios.retain(|scenario| scenario.id != "zz-last");
        right.scenarios[0].verdict = Verdict::Passed;
        right.scenarios[0].reason = None;
        right.totals = Totals::of(right.scenarios.iter().map(|scenario| scenario.verdict));
        (left, right)
    }

    #[test]
    fn verdicts_stand_side_by_side() {
        let (left, right) = two();
        let columns = [("distribution-2.8", &left), ("mine", &right)];
        insta::assert_snapshot!("terminal", side_by_side(&columns, false, &Options::default()));
        let mut markdown = String::new();
        side_by_side_markdown(&columns, &mut markdown).unwrap();
        insta::assert_snapshot!("markdown", markdown);
    }

    #[test]
    fn of_many_scenarios_only_those_are_shown_that_did_not_pass_everywhere() {
        let (mut left, _) = two();
        let passed = left.scenarios.iter().find(|scenario| scenario.verdict == Verdict::Passed).unwrap().clone();
        let more = |n: usize| ScenarioReport { id: format!("more-{n:02}"), ..passed.clone() };
        left.scenarios.extend((0..ALL_SHOWN).map(more));
        let mut right = left.clone();
        right.scenarios.last_mut().unwrap().verdict = Verdict::Known;
        let columns = [("one", &left), ("other", &right)];
        let short = side_by_side(&columns, false, &Options::default());
        assert!(!short.contains("more-00") && short.contains("more-39"), "{short}");
        assert!(short.contains("differences in 1; 41 that passed everywhere are not shown"), "{short}");
        assert!(side_by_side(&columns, true, &Options::default()).contains("more-00"));
    }
}
