//! Shows that the scenarios catch what they are there for, and nothing else: all of them against the registry without defects, those
//! that matter against the registry with each seeded defect, and the conformance scenarios against each allowed behaviour.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use shakedown_registry::{Allowed, Defect};
use shakedown_reports::{Party, ScenarioReport, Verdict};
use shakedown_scenario::Plan;

use crate::asserted::asserted;
use crate::options::RunOptions;
use crate::run::run;
use crate::systems::SystemChoice;
use crate::verdict::Ending;

/// Scenarios with this tag hold for every registry, so also for those that do what is merely allowed.
const CONFORMANCE: &str = "conformance";

/// A scenario that saw a defect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Catch {
    /// The scenario.
    pub scenario: String,
    /// Rules and incidents of the checks that did not hold.
    pub rules: BTreeSet<String>,
    /// Who was blamed for it; nobody for what is only remarked on.
    pub blame: Option<Blamed>,
}

/// The blame of a failure in few words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blamed {
    /// Who.
    pub party: Party,
    /// Who set it off.
    pub provoked_by: Option<Party>,
    /// The rule that decided.
    pub rule: String,
}

/// One row of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DefectRow {
    /// The defect.
    pub id: String,
    /// What the registry does wrong.
    pub summary: String,
    /// The incidents it stands for.
    pub incidents: Vec<String>,
    /// The rules it breaks.
    pub breaks: Vec<String>,
    /// How many scenarios were run against it.
    pub ran: usize,
    /// Those that saw it.
    pub caught_by: Vec<Catch>,
    /// Rules that it breaks without a check of theirs seeing it.
    pub unseen: Vec<String>,
}

impl DefectRow {
    /// True if a scenario saw it, and a check of each rule that it breaks.
    pub fn is_caught(&self) -> bool {
        !self.caught_by.is_empty() && self.unseen.is_empty()
    }
}

/// One allowed behaviour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AllowedRow {
    /// The behaviour.
    pub id: String,
    /// What the registry does.
    pub summary: String,
    /// How many scenarios were run against it; those that were skipped are not counted.
    pub ran: usize,
    /// Those that failed: false alarms.
    pub failed: Vec<String>,
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
        /// Rows that follow.
        rows: usize,
    },
    /// A defect was looked for.
    DefectFinished(DefectRow),
    /// An allowed behaviour was tried.
    AllowedFinished(AllowedRow),
}

/// How thorough a selftest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thoroughness {
    /// Each defect until it is caught by a check of each rule it breaks, the likeliest scenarios first.
    UntilCaught,
    /// Every scenario against every defect.
    Full,
}

/// What came out of a selftest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SelftestResult {
    /// One per defect that the chosen scenarios speak of, in the registry's order.
    pub rows: Vec<DefectRow>,
    /// Defects of which no chosen scenario speaks; they were not looked for.
    pub out_of_scope: Vec<String>,
    /// One per allowed behaviour.
    pub allowed: Vec<AllowedRow>,
    /// Scenarios that fail on the registry without defects.
    pub false_alarms: Vec<String>,
    /// Every defect in scope is caught, and nothing fails without one.
    pub complete: bool,
    /// The reports of the run without defects.
    #[serde(skip)]
    pub clean: Vec<ScenarioReport>,
    /// What the exit code says.
    #[serde(skip)]
    pub ending: Ending,
}

/// Runs the plans without defects, and then against each defect and each allowed behaviour: those of `options.system` alone if it
/// has any, else all. It must be the reference registry.
pub fn selftest(
    plans: &[Plan],
    options: &RunOptions,
    thoroughness: Thoroughness,
    progress: impl Fn(SelftestEvent) + Send + Sync,
) -> SelftestResult {
    progress(SelftestEvent::CleanStarted);
    let clean = play(plans.to_vec(), options, options.jobs, Vec::new(), Vec::new());
    let failed: Vec<String> = failed(&clean.report.scenarios).collect();
    let stage = Stage::new(plans, &clean.report.scenarios, options, thoroughness);
    let (defects, behaviours) = stage.chosen();
    let (rows, out_of_scope): (Vec<&Defect>, Vec<&Defect>) =
        defects.into_iter().partition(|defect| stage.speaks_of(defect));
    let count = rows.len() + behaviours.len();
    progress(SelftestEvent::CleanFinished { failed: failed.clone(), rows: count });
    let rows = stage.each(&rows, |defect| {
        let row = stage.look_for(defect);
        progress(SelftestEvent::DefectFinished(row.clone()));
        row
    });
    let allowed = stage.each(&behaviours, |allowed| {
        let row = stage.tolerate(allowed);
        progress(SelftestEvent::AllowedFinished(row.clone()));
        row
    });
    let complete = failed.is_empty()
        && clean.ending == Ending::Passed
        && rows.iter().all(DefectRow::is_caught)
        && allowed.iter().all(|row| row.failed.is_empty());
    let ending = match clean.ending {
        _ if options.interrupt.is_triggered() => Ending::Interrupted,
        Ending::Passed if !complete => Ending::Failed,
        ending => ending,
    };
    let out_of_scope = out_of_scope.into_iter().map(|defect| defect.id.to_owned()).collect();
    SelftestResult {
        rows,
        out_of_scope,
        allowed,
        false_alarms: failed,
        complete,
        clean: clean.report.scenarios,
        ending,
    }
}

/// A plan that passes without defects.
struct Sound<'a> {
    plan: &'a Plan,
    asserts: BTreeSet<String>,
    wall_us: u64,
}

/// What all rows need.
struct Stage<'a> {
    sound: Vec<Sound<'a>>,
    options: &'a RunOptions,
    thoroughness: Thoroughness,
}

impl<'a> Stage<'a> {
    fn new(plans: &'a [Plan], clean: &[ScenarioReport], options: &'a RunOptions, thoroughness: Thoroughness) -> Self {
        // Only what passes without the defect can show it.
        let passed: BTreeMap<&str, u64> = clean
            .iter()
            .filter(|one| one.verdict == Verdict::Passed)
            .map(|one| (one.id.as_str(), one.wall_us))
            .collect();
        let sound = plans.iter().filter_map(|plan| {
            let wall_us = *passed.get(plan.id.as_str())?;
            Some(Sound { plan, asserts: asserted(plan), wall_us })
        });
        Self { sound: sound.collect(), options, thoroughness }
    }

    /// What is looked at.
    fn chosen(&self) -> (Vec<&'static Defect>, Vec<&'static Allowed>) {
        let all = (shakedown_registry::defects::ALL.to_vec(), shakedown_registry::allowed::ALL.to_vec());
        match &self.options.system {
            SystemChoice::Reference { defects, allowed } if !(defects.is_empty() && allowed.is_empty()) => {
                let is = |ids: &[String], id: &str| ids.iter().any(|one| one == id);
                let defects = all.0.into_iter().filter(|defect| is(defects, defect.id)).collect();
                (defects, all.1.into_iter().filter(|one| is(allowed, one.id)).collect())
            }
            _ => all,
        }
    }

    fn speaks_of(&self, defect: &Defect) -> bool {
        // Some rules are looked at in every answer, and no scenario names them.
        let general = !defect.breaks.is_empty() && self.sound.iter().any(|sound| is_general(sound.plan));
        general || self.sound.iter().any(|sound| likelihood(sound, defect, &BTreeSet::new()) > 0)
    }

    /// `act` for each item, several at one time, in the order of the items; those not begun at an interrupt are left out.
    fn each<T: Copy + Sync, R: Send>(&self, items: &[T], act: impl Fn(T) -> R + Sync) -> Vec<R> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let jobs = if self.options.jobs == 0 { cores } else { self.options.jobs };
        let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| {
                    while !self.options.interrupt.is_triggered() {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let Some(item) = items.get(number) else { return };
                        let row = act(*item);
                        done.lock().unwrap_or_else(PoisonError::into_inner).insert(number, row);
                    }
                });
            }
        });
        done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
    }

    /// Runs the likeliest scenarios first, among equals the quick ones.
    fn look_for(&self, defect: &Defect) -> DefectRow {
        let mut row = DefectRow {
            id: defect.id.to_owned(),
            summary: defect.about.to_owned(),
            incidents: defect.stands_for.iter().map(|&id| id.to_owned()).collect(),
            breaks: defect.breaks.iter().map(|&id| id.to_owned()).collect(),
            ran: 0,
            caught_by: Vec::new(),
            unseen: Vec::new(),
        };
        let mut left: Vec<&Sound> = self.sound.iter().collect();
        let mut seen = BTreeSet::new();
        while !self.options.interrupt.is_triggered() {
            let key = |sound: &Sound| (std::cmp::Reverse(likelihood(sound, defect, &seen)), sound.wall_us);
            let Some(best) = (0..left.len()).min_by_key(|&at| key(left[at])) else { break };
            let sound = left.swap_remove(best);
            let result = play(vec![sound.plan.clone()], self.options, 1, vec![defect.id.to_owned()], Vec::new());
            row.ran += 1;
            row.caught_by.extend(result.report.scenarios.iter().filter_map(|report| catch(report, defect)));
            seen.extend(row.caught_by.last().iter().flat_map(|catch| catch.rules.iter().cloned()));
            row.unseen = defect.breaks.iter().filter(|&&rule| !seen.contains(rule)).map(|&id| id.to_owned()).collect();
            if row.is_caught() && self.thoroughness == Thoroughness::UntilCaught {
                break;
            }
        }
        row
    }

    fn tolerate(&self, allowed: &Allowed) -> AllowedRow {
        let general = self.sound.iter().filter(|sound| is_general(sound.plan));
        let plans: Vec<Plan> = general.map(|sound| sound.plan.clone()).collect();
        let result = play(plans, self.options, 1, Vec::new(), vec![allowed.id.to_owned()]);
        let ran = result.report.scenarios.iter().filter(|one| one.verdict != Verdict::Skipped).count();
        let failed = failed(&result.report.scenarios).collect();
        AllowedRow { id: allowed.id.to_owned(), summary: allowed.about.to_owned(), ran, failed }
    }
}

fn is_general(plan: &Plan) -> bool {
    plan.scenario.tags.iter().any(|tag| tag == CONFORMANCE)
}

/// How likely a scenario is to see a defect: it names a rule that nothing has seen broken yet, or an incident.
fn likelihood(sound: &Sound, defect: &Defect, seen: &BTreeSet<String>) -> usize {
    let rules = defect.breaks.iter().filter(|&&rule| !seen.contains(rule) && sound.asserts.contains(rule)).count();
    let incidents = defect.stands_for.iter().filter(|&&incident| sound.asserts.contains(incident)).count();
    2 * rules + incidents
}

/// What a scenario saw of a defect: it failed, or it remarks on one of the incidents without failing.
fn catch(report: &ScenarioReport, defect: &Defect) -> Option<Catch> {
    let checks = || report.steps.iter().flat_map(|step| &step.checks);
    let remarks = |rules: &[String]| rules.iter().any(|rule| defect.stands_for.contains(&rule.as_str()));
    let rules: BTreeSet<String> = checks()
        .filter(|check| match check.verdict {
            Verdict::Failed => true,
            Verdict::Inconclusive => {
                remarks(&check.rules) || defect.breaks.iter().any(|&id| check.rules.iter().any(|rule| rule == id))
            }
            _ => false,
        })
        .flat_map(|check| check.rules.iter().cloned())
        .collect();
    let caught = report.verdict == Verdict::Failed || !rules.is_empty();
    let blame = report.blame.as_ref().filter(|_| report.verdict == Verdict::Failed).map(|blame| Blamed {
        party: blame.party,
        provoked_by: blame.provoked_by,
        rule: blame.rule.clone(),
    });
    caught.then(|| Catch { scenario: report.id.clone(), rules, blame })
}

fn failed(reports: &[ScenarioReport]) -> impl Iterator<Item = String> + '_ {
    let bad = |report: &&ScenarioReport| matches!(report.verdict, Verdict::Failed | Verdict::Error);
    reports.iter().filter(bad).map(|report| report.id.clone())
}

fn play(
    plans: Vec<Plan>,
    options: &RunOptions,
    jobs: usize,
    defects: Vec<String>,
    allowed: Vec<String>,
) -> crate::run::RunResult {
    let system = SystemChoice::Reference { defects, allowed };
    run(plans, RunOptions { system, jobs, retries: 0, max_fail: None, ..options.clone() }, |_| {})
}
