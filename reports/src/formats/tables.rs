//! Tables for a README, in markdown: the rules of the specification, and the incidents, each with what was shown of it.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::Format;
use super::markdown::cell;
use crate::{Report, RuleText, Verdict};

/// Rules of the specification.
pub(super) const CONFORMANCE: Format = Format {
    name: "conformance",
    media_type: "text/markdown",
    extension: "md",
    about: "a markdown table of the specification's rules: held or broken",
    render: |report, _, out| conformance(report, out),
};

/// Incidents.
pub(super) const INCIDENTS: Format = Format {
    name: "incidents",
    media_type: "text/markdown",
    extension: "md",
    about: "a markdown table of the incidents: survived or not",
    render: |report, _, out| incidents(report, out),
};

/// How often something held, was broken, or was not decided.
#[derive(Default)]
struct Tally {
    held: u64,
    broken: u64,
    open: u64,
}

impl Tally {
    fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Passed => self.held += 1,
            Verdict::Failed | Verdict::Known => self.broken += 1,
            _ => self.open += 1,
        }
    }

    fn outcome(&self, held: &'static str, broken: &'static str) -> &'static str {
        match self {
            Self { broken: 1.., .. } => broken,
            Self { held: 1.., .. } => held,
            _ => "not shown",
        }
    }
}

/// `MUST`, and since which version if that is known.
fn since(rule: &RuleText) -> String {
    if rule.since.is_empty() { rule.level.clone() } else { format!("{} since {}", rule.level, rule.since) }
}

fn conformance(report: &Report, out: &mut dyn Write) -> fmt::Result {
    let mut rules: BTreeMap<&str, Tally> = BTreeMap::new();
    for scenario in &report.scenarios {
        for check in scenario.steps.iter().flat_map(|step| &step.checks) {
            for rule in &check.rules {
                rules.entry(rule).or_default().count(check.verdict);
            }
        }
    }
    rules.retain(|id, _| report.glossary.rules.contains_key(*id));
    let broken = rules.values().filter(|tally| tally.broken > 0).count();
    writeln!(out, "{}: {} rules checked, {broken} broken.\n", cell(&report.run.system, 80), rules.len())?;
    writeln!(out, "| rule | level | what is asked | outcome | held | broken |\n|---|---|---|---|---:|---:|")?;
    for (id, tally) in &rules {
        let rule = &report.glossary.rules[*id];
        let is_plain = rule.link.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/._-#".contains(&byte));
        let name = if is_plain { format!("[{}]({})", cell(id, 20), rule.link) } else { cell(id, 20) };
        writeln!(
            out,
            "| {name} | {} | {} | {} | {} | {} |",
            cell(&since(rule), 40),
            cell(&rule.text, 200),
            tally.outcome("held", "**broken**"),
            tally.held,
            tally.broken
        )?;
    }
    if !report.habits.is_empty() {
        writeln!(out, "\nMissed, though the specification does not ask for it:\n")?;
        writeln!(out, "| habit | what clients rely on | what happens else | scenarios |\n|---|---|---|---:|")?;
    }
    for habit in &report.habits {
        let (what, otherwise) = (cell(&habit.habit, 200), cell(&habit.otherwise, 200));
        writeln!(out, "| {} | {what} | {otherwise} | {} |", cell(&habit.id, 20), habit.scenarios.len())?;
    }
    Ok(())
}

fn incidents(report: &Report, out: &mut dyn Write) -> fmt::Result {
    let mut seen: BTreeMap<&str, Tally> = BTreeMap::new();
    for scenario in &report.scenarios {
        for id in &scenario.seen {
            seen.entry(id).or_default().count(scenario.verdict);
        }
    }
    let survived = seen.values().filter(|tally| tally.broken == 0 && tally.held > 0).count();
    writeln!(out, "{}: {survived} of {} incidents survived.\n", cell(&report.run.system, 80), seen.len())?;
    writeln!(
        out,
        "| incident | what happens | outcome | scenarios passed | failed | not decided |\n|---|---|---|---:|---:|---:|"
    )?;
    for (id, tally) in &seen {
        let title = report.glossary.incidents.get(*id).map_or(String::new(), |title| cell(title, 200));
        let outcome = tally.outcome("survived", "**not survived**");
        writeln!(
            out,
            "| {} | {title} | {outcome} | {} | {} | {} |",
            cell(id, 20),
            tally.held,
            tally.broken,
            tally.open
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::Options;
    use crate::sample;

    #[test]
    fn both_tables() {
        let report = sample::report();
        let options = Options::default();
        insta::assert_snapshot!(format!(
            "{}\n{}",
            CONFORMANCE.text(&report, &options),
            INCIDENTS.text(&report, &options)
        ));
    }
}
