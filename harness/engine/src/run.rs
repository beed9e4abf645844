//! Runs plans in parallel, each isolated from all others, and folds what came out into one report.
//! Not here: what happens inside one scenario (`play`).

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use shakedown_oci::Version;
use shakedown_reports::{REPORT_SCHEMA, Report, RunInfo, ScenarioReport, Totals, Verdict};
use shakedown_scenario::Plan;
use shakedown_wire::Clock;
use shakedown_wire::redact::Redactor;

use crate::deviations::Deviations;
use crate::foreign::ForeignStorage;
use crate::options::{Over, RunOptions};
use crate::preflight::{Missing, Target, given_back, preflight};
use crate::recorded::{self, Recorded};
use crate::report;
use crate::shared::Shared;
use crate::supervise::{Told, supervise};
use crate::systems::{Deviation, SystemChoice};
use crate::verdict::Ending;
use shakedown_reports::Event;

/// Scenarios at the same time for each core where time is real.
const JOBS_A_CORE_IN_REAL_TIME: usize = 4;

/// What came out of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunResult {
    /// All of it.
    pub report: Report,
    /// What the exit code says.
    pub ending: Ending,
}

/// Runs the plans and returns when all are over. Makes its own threads and runtimes; prints nothing.
pub fn run(plans: Vec<Plan>, options: RunOptions, events: impl Fn(Event) + Send + Sync) -> RunResult {
    let wall = Clock::real_time();
    let plans = selected(plans, &options);
    let over = options.transport().name().to_owned();
    events(Event::RunStarted { total: plans.len(), seed: options.seed, system: options.system.name(), over });
    let target = if plans.is_empty() { Ok(Target::default()) } else { preflight(&options) };
    let version = target.as_ref().ok().and_then(|target| target.version.as_deref());
    let deviations = Deviations::new(listed(&options), version, &Deviations::today(wall.now()));
    let (abilities, left_behind) = target.as_ref().map_or_else(|_| Default::default(), Target::known);
    let shared = Shared::new(abilities, left_behind);
    let run = InProgress::new(&options, plans.len(), &deviations, &shared, &events);
    match &target {
        Ok(_) => run.all(&plans),
        Err(_) if options.interrupt.is_triggered() => {}
        Err(Missing::Error(reason)) => run.none(&plans, Verdict::Error, reason),
        Err(Missing::Skip(reason)) => run.none(&plans, Verdict::Skipped, reason),
    }
    // With the mark of a run `qualify --clean` finds what could not be removed.
    if target.is_ok() && shared.left_behind().is_empty() {
        shared.leave_behind(given_back(&options));
    }
    let (scenarios, bug) = run.finish(&plans);
    let interrupted = options.interrupt.is_triggered();
    let outcome = deviations.outcome(&scenarios);
    let target = target.unwrap_or_default();
    let recorded = recorded::outcome(on_record(&options), &scenarios);
    let mut report = assemble(&options, &wall, scenarios, target, interrupted);
    (report.run.deviations, report.run.recorded) = (outcome, recorded);
    let ending = match shared.stopped() {
        Some(reason) => Ending::Environment(reason),
        None => Ending::of(&report, bug, interrupted),
    };
    report.run.abilities = shared.abilities().told();
    report.run.left_behind = shared.left_behind();
    events(Event::RunFinished { totals: report.totals, wall_us: report.run.wall_us });
    RunResult { report, ending }
}

/// The deviations that are listed for the system.
fn listed(options: &RunOptions) -> Vec<Deviation> {
    let own = match &options.system {
        SystemChoice::Process(file) => file.deviations.as_slice(),
        SystemChoice::Reference { .. } | SystemChoice::Url { .. } => &[],
    };
    own.iter().chain(&options.deviations).cloned().collect()
}

/// What was recorded of the system.
fn on_record(options: &RunOptions) -> &[Recorded] {
    match &options.system {
        SystemChoice::Process(file) => &file.reproduces,
        SystemChoice::Reference { .. } | SystemChoice::Url { .. } => &[],
    }
}

/// In the order of ids, this shard's part.
fn selected(mut plans: Vec<Plan>, options: &RunOptions) -> Vec<Plan> {
    plans.sort_by(|a, b| a.id.cmp(&b.id));
    let Some(shard) = options.shard else { return plans };
    plans.into_iter().enumerate().filter(|(position, _)| shard.holds(*position)).map(|(_, plan)| plan).collect()
}

/// The state that the workers of a run share.
struct InProgress<'a, E> {
    options: &'a RunOptions,
    deviations: &'a Deviations,
    shared: &'a Shared,
    events: &'a E,
    next: AtomicUsize,
    failures: AtomicU32,
    stopped: AtomicBool,
    bug: Mutex<Option<String>>,
    done: Mutex<Vec<Option<ScenarioReport>>>,
}

impl<'a, E: Fn(Event) + Send + Sync> InProgress<'a, E> {
    fn new(
        options: &'a RunOptions,
        count: usize,
        deviations: &'a Deviations,
        shared: &'a Shared,
        events: &'a E,
    ) -> Self {
        Self {
            options,
            deviations,
            shared,
            events,
            next: AtomicUsize::new(0),
            failures: AtomicU32::new(0),
            stopped: AtomicBool::new(false),
            bug: Mutex::default(),
            done: Mutex::new(vec![None; count]),
        }
    }

    /// Runs everything on as many threads as asked for.
    fn all(&self, plans: &[Plan]) {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let jobs = match (&self.options.system, self.options.jobs) {
            // Faults and journal of a shared mock are one: scenarios must not mix.
            (SystemChoice::Url { s3_control: Some(_), .. }, _) => 1,
            // In real time most of a scenario is waiting.
            (_, 0) if self.options.transport() == Over::Tcp => cores * JOBS_A_CORE_IN_REAL_TIME,
            (_, 0) => cores,
            (_, jobs) => jobs,
        };
        std::thread::scope(|scope| {
            for _ in 0..jobs.min(plans.len()) {
                scope.spawn(|| self.work(plans));
            }
        });
    }

    /// One worker: takes the next plan until there is none, or the run is stopped.
    fn work(&self, plans: &[Plan]) {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(plan) = plans.get(number) else { return };
            let stopped = self.stopped.load(Ordering::Relaxed) || self.shared.stopped().is_some();
            if stopped || self.options.interrupt.is_triggered() {
                return;
            }
            (self.events)(Event::ScenarioStarted { id: plan.id.clone() });
            let report = self.tries(plan);
            self.count(&report);
            self.keep(number, report);
        }
    }

    /// Runs one plan, again if it fails and that is asked for.
    fn tries(&self, plan: &Plan) -> ScenarioReport {
        let mut failed_tries = Vec::new();
        loop {
            let step = |title: &str, verdict| {
                // A title shows paths and bodies as the scenario gives them, its secrets included.
                let title = redactor(&self.options.secrets).text(title);
                (self.events)(Event::StepFinished { id: plan.id.clone(), title, verdict });
            };
            let (mut report, told) = supervise(plan, self.options, self.shared, &step);
            if let Told::Bug(reason) = told {
                let mut bug = self.bug.lock().unwrap_or_else(PoisonError::into_inner);
                bug.get_or_insert_with(|| format!("{}: {reason}", plan.id));
            }
            self.deviations.excuse(&mut report);
            let again = report.verdict == Verdict::Failed && failed_tries.len() < self.options.retries as usize;
            if again && !self.options.interrupt.is_triggered() {
                failed_tries.push(report.reason.unwrap_or_else(|| "an expectation did not hold".to_owned()));
                continue;
            }
            if !failed_tries.is_empty() && report.verdict == Verdict::Passed {
                report.reason = Some(format!("passed on try {}", failed_tries.len() + 1));
            }
            return ScenarioReport { failed_tries, ..report };
        }
    }

    fn count(&self, report: &ScenarioReport) {
        if report.verdict != Verdict::Failed {
            return;
        }
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        if self.options.max_fail.is_some_and(|most| failures >= most) {
            self.stopped.store(true, Ordering::Relaxed);
        }
    }

    fn keep(&self, number: usize, report: ScenarioReport) {
        let report = hide(report, &self.options.secrets);
        (self.events)(Event::ScenarioFinished { report: Box::new(report.clone()) });
        self.done.lock().unwrap_or_else(PoisonError::into_inner)[number] = Some(report);
    }

    /// The target is not there: every scenario ends with the same reason, none is tried.
    fn none(&self, plans: &[Plan], verdict: Verdict, reason: &str) {
        for (number, plan) in plans.iter().enumerate() {
            self.keep(number, report::without_run(plan, verdict, reason, &repeat(plan, self.options)));
        }
    }

    /// All reports, those of scenarios that were never begun included, and our first bug.
    fn finish(self, plans: &[Plan]) -> (Vec<ScenarioReport>, Option<String>) {
        let interrupted = self.options.interrupt.is_triggered();
        let stopped = self.shared.stopped();
        let reason = match &stopped {
            Some(reason) => reason.as_str(),
            None if interrupted => "interrupted",
            None => "not begun: --max-fail was reached",
        };
        let done = std::mem::take(&mut *self.done.lock().unwrap_or_else(PoisonError::into_inner));
        let reports = done.into_iter().zip(plans).map(|(report, plan)| {
            report.unwrap_or_else(|| {
                let report = report::without_run(plan, Verdict::NotRun, reason, &repeat(plan, self.options));
                (self.events)(Event::ScenarioFinished { report: Box::new(report.clone()) });
                report
            })
        });
        let reports = reports.collect();
        (reports, self.bug.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Replaces the run's secrets wherever they stand in a report.
fn hide(report: ScenarioReport, secrets: &[String]) -> ScenarioReport {
    if secrets.is_empty() {
        return report;
    }
    report::redacted(report, &redactor(secrets))
}

fn redactor(secrets: &[String]) -> Redactor {
    let mut redactor = Redactor::default();
    secrets.iter().for_each(|secret| redactor.add(secret));
    redactor
}

fn assemble(
    options: &RunOptions,
    wall: &Clock,
    scenarios: Vec<ScenarioReport>,
    target: Target,
    interrupted: bool,
) -> Report {
    let format = &time::format_description::well_known::Rfc3339;
    let started = wall.now() - wall.elapsed();
    let info = RunInfo {
        seed: options.seed,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        system: options.system.name(),
        system_version: target.version,
        storage: target.storage,
        over: options.transport().name().to_owned(),
        started: time::OffsetDateTime::from(started).format(format).unwrap_or_default(),
        wall_us: u64::try_from(wall.elapsed().as_micros()).unwrap_or(u64::MAX),
        virtual_us: scenarios.iter().map(|scenario| scenario.duration_us).sum(),
        interrupted,
        rules: report::coverage(&scenarios, options.spec),
        ..RunInfo::default()
    };
    let ids: BTreeMap<&str, ()> = scenarios.iter().map(|scenario| (scenario.id.as_str(), ())).collect();
    let run = info.with_id(ids.into_keys());
    Report {
        schema: REPORT_SCHEMA.to_owned(),
        run,
        totals: Totals::of(scenarios.iter().map(|scenario| scenario.verdict)),
        causes: report::causes(&scenarios),
        habits: report::habits(&scenarios),
        glossary: report::glossary(&scenarios, options.spec),
        scenarios,
    }
}

/// The command that repeats one scenario.
pub(crate) fn repeat(plan: &Plan, options: &RunOptions) -> String {
    let mut command = format!("shakedown run {}", quoted(&plan.file));
    if plan.case.is_some() {
        command.push_str(&format!(" -E {}", quoted(&format!("id({})", plan.id))));
    }
    for (name, value) in &options.given {
        command.push_str(&format!(" --var {}", quoted(&format!("{name}={value}"))));
    }
    match &options.system {
        SystemChoice::Reference { defects, allowed } => {
            defects.iter().for_each(|defect| command.push_str(&format!(" --defect {defect}")));
            allowed.iter().for_each(|id| command.push_str(&format!(" --allow {id}")));
            if options.over == Over::Tcp {
                command.push_str(" --over tcp");
            }
        }
        SystemChoice::Process(file) => command.push_str(&format!(" --system {}", quoted(&file.name))),
        SystemChoice::Url { registry, s3_control } => {
            command.push_str(&format!(" --system {}", quoted(registry)));
            if let Some(control) = s3_control {
                command.push_str(&format!(" --s3 {}", quoted(control)));
            }
        }
    }
    if let Some(ForeignStorage { endpoint, bucket, region, .. }) = &options.storage {
        let (endpoint, bucket, region) = (quoted(&endpoint.to_string()), quoted(bucket), quoted(region));
        command.push_str(&format!(" --s3-endpoint {endpoint} --bucket {bucket} --region {region}"));
    }
    if options.spec != Version::default() {
        command.push_str(&format!(" --spec {}", options.spec));
    }
    command.push_str(&format!(" --seed {}", options.seed));
    command
}

/// In quotes if a shell would see more than a word in it.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:=+@,%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_a_scenario_is_read_by_a_shell_as_it_was_given() {
        let plan: Plan = report::testing::plan("x");
        let given = [("size", "9MiB"), ("text", "it's $HOME")].map(|(name, value)| (name.into(), value.into()));
        let options = RunOptions { given: given.into(), ..RunOptions::default() };
        let command = repeat(&plan, &options);
        assert!(command.contains(r" --var size=9MiB --var 'text=it'\''s $HOME' --seed 1"), "{command}");
    }
}
