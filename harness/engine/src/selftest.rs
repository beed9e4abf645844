//! Shows that the scenarios catch what they are there for: each against the reference registry with one seeded defect, and all of
//! them against the registry without defects.

use std::collections::BTreeSet;

use shakedown_registry::Defect;
use shakedown_reports::{ScenarioReport, Verdict};
use shakedown_scenario::Plan;

use crate::options::RunOptions;
use crate::run::run;
use crate::systems::SystemChoice;
use crate::verdict::Ending;

/// One row of the matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefectRow {
    /// The defect.
    pub id: String,
    /// What the registry does wrong.
    pub summary: String,
    /// The incidents it stands for.
    pub incidents: Vec<String>,
    /// How many scenarios were run against it.
    pub ran: usize,
    /// Ids of those that failed: they caught it.
    pub caught_by: Vec<String>,
}

/// What a selftest tells while it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelftestEvent {
    /// All scenarios run on the registry without defects.
    CleanStarted,
    /// They are over.
    CleanFinished {
        /// Ids of those that failed although nothing is wrong.
        failed: Vec<String>,
    },
    /// A defect is looked for.
    DefectStarted {
        /// The defect.
        id: String,
    },
    /// It was looked for.
    DefectFinished(DefectRow),
}

/// What came out of a selftest.
#[derive(Debug, Clone, PartialEq)]
pub struct SelftestResult {
    /// One per defect, in the registry's order.
    pub rows: Vec<DefectRow>,
    /// The reports of the run without defects.
    pub clean: Vec<ScenarioReport>,
    /// Every defect is caught, and nothing fails without one.
    pub complete: bool,
    /// What the exit code says.
    pub ending: Ending,
}

/// Runs the plans without defects and then against each defect. `options.system` must be the reference registry; its defects are
/// replaced.
pub fn selftest(
    plans: &[Plan],
    options: &RunOptions,
    progress: impl Fn(SelftestEvent) + Send + Sync,
) -> SelftestResult {
    progress(SelftestEvent::CleanStarted);
    let clean = with_defects(plans.to_vec(), options, Vec::new());
    let sound: BTreeSet<&str> =
        clean.report.scenarios.iter().filter(|one| one.verdict == Verdict::Passed).map(|one| one.id.as_str()).collect();
    let bad = |scenario: &&ScenarioReport| matches!(scenario.verdict, Verdict::Failed | Verdict::Error);
    let failed: Vec<String> = clean.report.scenarios.iter().filter(bad).map(|scenario| scenario.id.clone()).collect();
    progress(SelftestEvent::CleanFinished { failed: failed.clone() });
    // Only what passes without the defect can show it.
    let usable: Vec<&Plan> = plans.iter().filter(|plan| sound.contains(plan.id.as_str())).collect();
    let mut rows = Vec::new();
    let mut ending = clean.ending;
    for defect in shakedown_registry::defects::ALL.iter().copied() {
        if options.interrupt.is_triggered() {
            ending = Ending::Interrupted;
            break;
        }
        progress(SelftestEvent::DefectStarted { id: defect.id.to_owned() });
        let row = look_for(defect, &usable, options);
        progress(SelftestEvent::DefectFinished(row.clone()));
        rows.push(row);
    }
    let complete = failed.is_empty() && ending == Ending::Passed && rows.iter().all(|row| !row.caught_by.is_empty());
    if !complete && ending == Ending::Passed {
        ending = Ending::Failed;
    }
    SelftestResult { rows, clean: clean.report.scenarios, complete, ending }
}

/// First the scenarios of its incidents; all others only if those see nothing.
fn look_for(defect: &Defect, plans: &[&Plan], options: &RunOptions) -> DefectRow {
    let speaks_of = |plan: &Plan| plan.scenario.seen.iter().any(|seen| defect.stands_for.contains(&seen.as_str()));
    let (near, far): (Vec<&Plan>, Vec<&Plan>) = plans.iter().copied().partition(|plan| speaks_of(plan));
    let mut row = DefectRow {
        id: defect.id.to_owned(),
        summary: defect.about.to_owned(),
        incidents: defect.stands_for.iter().map(|&id| id.to_owned()).collect(),
        ran: 0,
        caught_by: Vec::new(),
    };
    for group in [near, far] {
        if group.is_empty() || !row.caught_by.is_empty() {
            continue;
        }
        row.ran += group.len();
        let result = with_defects(group.into_iter().cloned().collect(), options, vec![defect.id.to_owned()]);
        let caught = result.report.scenarios.into_iter().filter(|scenario| scenario.verdict == Verdict::Failed);
        row.caught_by.extend(caught.map(|scenario| scenario.id));
    }
    row
}

fn with_defects(plans: Vec<Plan>, options: &RunOptions, defects: Vec<String>) -> crate::run::RunResult {
    let options =
        RunOptions { system: SystemChoice::Reference { defects }, retries: 0, max_fail: None, ..options.clone() };
    run(plans, options, |_| {})
}
