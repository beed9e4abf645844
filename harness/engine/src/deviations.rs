//! Which failures of a run are listed as known, which listed ones no longer occur, and a list to begin with.
//! Not here: the shape of an entry (`systems::deviation`).

use shakedown_faults::glob::Glob;
use shakedown_reports::{Check, Deviation as Reported, Report, ScenarioReport, Verdict};

use crate::systems::{DAY, Deviation, TO_FILL_IN};

/// The list that holds for one run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deviations(Vec<Deviation>);

impl Deviations {
    /// The entries that hold for a system that calls itself `version`, on the day `today` (`2026-01-31`).
    pub(crate) fn new(list: impl IntoIterator<Item = Deviation>, version: Option<&str>, today: &str) -> Self {
        let holds = |deviation: &Deviation| {
            let of_version = match (&deviation.version, version) {
                (Some(pattern), Some(version)) => Glob::new(pattern).fits_value(version),
                _ => true,
            };
            of_version && deviation.expires.as_deref().is_none_or(|last| today <= last)
        };
        Self(list.into_iter().filter(holds).collect())
    }

    /// Today, on the day of a list.
    pub(crate) fn today(now: std::time::SystemTime) -> String {
        time::OffsetDateTime::from(now).format(DAY).unwrap_or_default()
    }

    /// Makes a listed failure a known one.
    pub(crate) fn excuse(&self, report: &mut ScenarioReport) {
        if report.verdict != Verdict::Failed {
            return;
        }
        if let Some(deviation) = self.0.iter().find(|deviation| excuses(deviation, report)) {
            report.verdict = Verdict::Known;
            report.reason = Some(deviation.reason.clone());
        }
    }

    /// Entry by entry what came of it in a run whose known failures are excused; entries whose scenarios did not run are left out.
    pub(crate) fn outcome(&self, scenarios: &[ScenarioReport]) -> Vec<Reported> {
        let mut told: Vec<Reported> = self
            .0
            .iter()
            .map(|deviation| Reported {
                reason: deviation.reason.clone(),
                link: deviation.link.clone(),
                scenarios: Vec::new(),
                gone: gone(deviation, scenarios),
            })
            .collect();
        for report in scenarios.iter().filter(|report| report.verdict == Verdict::Known) {
            if let Some(entry) = self.0.iter().position(|deviation| excuses(deviation, report)) {
                told[entry].scenarios.push(report.id.clone());
            }
        }
        told.retain(|deviation| !deviation.scenarios.is_empty() || !deviation.gone.is_empty());
        told
    }
}

/// Patterns of an entry whose scenarios were judged and all passed.
fn gone(deviation: &Deviation, scenarios: &[ScenarioReport]) -> Vec<String> {
    if deviation.sometimes {
        return Vec::new();
    }
    let passed = |pattern: &&String| {
        let mut judged = scenarios
            .iter()
            .filter(|report| fits(pattern, &report.id))
            .filter(|report| matches!(report.verdict, Verdict::Passed | Verdict::Failed | Verdict::Known))
            .peekable();
        judged.peek().is_some() && judged.all(|report| report.verdict == Verdict::Passed)
    };
    deviation.scenario.iter().filter(passed).cloned().collect()
}

/// Whether the pattern of an entry selects a scenario: an id without a case stands for all its cases, `*` for any characters.
pub fn fits(pattern: &str, id: &str) -> bool {
    let glob = Glob::new(pattern);
    let stem = id.split_once('[').map_or(id, |(stem, _)| stem);
    glob.fits_value(id) || glob.fits_value(stem)
}

fn excuses(deviation: &Deviation, report: &ScenarioReport) -> bool {
    let check_fits = |check: &Check| {
        let rule = deviation.rule.as_ref().is_none_or(|rule| check.rules.contains(rule));
        rule && deviation.check.as_ref().is_none_or(|what| Glob::new(what).fits_value(&check.what))
    };
    let any_check = deviation.rule.is_none() && deviation.check.is_none();
    let failed = || {
        let checks = report.steps.iter().flat_map(|step| &step.checks);
        checks.filter(|check| check.verdict == Verdict::Failed).any(check_fits)
    };
    deviation.scenario.iter().any(|pattern| fits(pattern, &report.id)) && (any_check || failed())
}

/// A list of all failures of a run by their causes, with reasons to fill in.
pub fn draft(report: &Report) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut text = format!(
        "# Known deviations of {} ({}), written from run {}. Write a reason for each, or mend it.\ndeviations:",
        report.run.system,
        report.run.system_version.as_deref().unwrap_or("version unknown"),
        report.run.id
    );
    let is_failed = |id: &&String| {
        report.scenarios.iter().any(|scenario| scenario.id == **id && scenario.verdict == Verdict::Failed)
    };
    let mut any = false;
    for cause in &report.causes {
        let ids: Vec<_> = cause.scenarios.iter().filter(is_failed).map(|id| quoted(id)).collect();
        if ids.is_empty() {
            continue;
        }
        any = true;
        text.push_str(&format!("\n- scenario:\n  - {}\n", ids.join("\n  - ")));
        text.push_str(&format!("  reason: {}\n", quoted(&format!("{TO_FILL_IN}: {}", cause.title))));
    }
    text.push_str(if any { "" } else { " []\n" });
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::Deviation;

    fn report(id: &str, verdict: Verdict, rule: &str) -> ScenarioReport {
        let plan: shakedown_scenario::Plan = crate::report::testing::plan(id);
        let mut report = crate::report::without_run(&plan, verdict, "", "");
        let check = Check {
            rules: vec![rule.to_owned()],
            what: "status".to_owned(),
            expected: "416".to_owned(),
            actual: "202".to_owned(),
            at: String::new(),
            verdict: Verdict::Failed,
            duty: String::new(),
            call: None,
        };
        let (title, line, calls) = ("x".to_owned(), None, (0, 0));
        report.steps =
            vec![shakedown_reports::StepReport { title, line, verdict: Verdict::Failed, checks: vec![check], calls }];
        report
    }

    fn list(text: &str) -> Vec<Deviation> {
        Deviation::parse_list("x", &format!("deviations:\n{text}")).unwrap()
    }

    fn judged(entries: &str, scenarios: &[(&str, Verdict)]) -> (Vec<(String, Verdict)>, Vec<String>) {
        let deviations = Deviations::new(list(entries), Some("2.8.2"), "2026-06-30");
        let mut reports: Vec<_> = scenarios.iter().map(|(id, verdict)| report(id, *verdict, "CH11")).collect();
        reports.iter_mut().for_each(|report| deviations.excuse(report));
        let gone = deviations.outcome(&reports).into_iter().flat_map(|one| one.gone).collect();
        (reports.into_iter().map(|report| (report.id, report.verdict)).collect(), gone)
    }

    #[test]
    fn what_is_listed_is_known_and_nothing_else() {
        for (entry, known) in [
            ("- { scenario: a, reason: r }", true),
            ("- { scenario: 'a[x]', reason: r }", true),
            (
                "- { scenario: 'a[*]', reason: r, rule: CH11, check: stat*, version: '2.8.*', expires: '2026-06-30' }",
                true,
            ),
            ("- { scenario: 'a[y]', reason: r }", false),
            ("- { scenario: b, reason: r }", false),
            ("- { scenario: a, reason: r, rule: CH10 }", false),
            ("- { scenario: a, reason: r, check: header* }", false),
            ("- { scenario: a, reason: r, version: '3.*' }", false),
            ("- { scenario: a, reason: r, expires: '2026-06-29' }", false),
        ] {
            let (verdicts, gone) = judged(entry, &[("a[x]", Verdict::Failed)]);
            assert_eq!(verdicts[0].1 == Verdict::Known, known, "{entry}");
            assert!(gone.is_empty(), "{entry}");
        }
    }

    #[test]
    fn what_no_longer_occurs_is_told_unless_it_comes_and_goes() {
        let entry = "- { scenario: [a, 'b[x]', c, never-run], reason: r }";
        let seen =
            [("a[1]", Verdict::Passed), ("a[2]", Verdict::Failed), ("b[x]", Verdict::Passed), ("c", Verdict::Skipped)];
        let (verdicts, gone) = judged(entry, &seen);
        assert_eq!(verdicts[1].1, Verdict::Known);
        assert_eq!(gone, ["b[x]"]);
        assert_eq!(judged("- { scenario: a, reason: r, sometimes: true }", &[("a", Verdict::Passed)]).1, [""; 0]);
    }

    #[test]
    fn a_draft_can_be_read_once_its_reasons_are_written() {
        let mut scenarios = vec![report("a[x]", Verdict::Failed, "CH11"), report("b", Verdict::Passed, "CH11")];
        scenarios[0].blame = None;
        let causes = crate::report::causes(&scenarios);
        let totals = shakedown_reports::Totals::default();
        let run = shakedown_reports::RunInfo::default();
        let glossary = shakedown_reports::Glossary::default();
        let report = Report { schema: String::new(), run, totals, causes, habits: Vec::new(), scenarios, glossary };
        let text = draft(&report);
        assert!(Deviation::parse_list("x", &text).unwrap_err().message.contains("still to be filled in"), "{text}");
        let list = Deviation::parse_list("x", &text.replace(TO_FILL_IN, "it is so")).unwrap();
        assert_eq!(list[0].scenario.0, ["a[x]"]);
        let nothing = Report { causes: Vec::new(), ..report };
        assert!(Deviation::parse_list("x", &draft(&nothing)).unwrap().is_empty());
    }
}
