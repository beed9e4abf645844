//! Runs plans in parallel, each isolated from all others, and folds what came out into one report.
//! Not here: what happens inside one scenario (`play`).

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use shakedown_reports::{REPORT_SCHEMA, Report, RunInfo, ScenarioReport, Totals, Verdict};
use shakedown_scenario::Plan;
use shakedown_wire::Clock;
use shakedown_wire::redact::Redactor;

use crate::event::Event;
use crate::options::{Over, RunOptions};
use crate::preflight::{Target, preflight};
use crate::report;
use crate::supervise::{Told, supervise};
use crate::systems::SystemChoice;
use crate::verdict::Ending;

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
    let run = InProgress::new(&options, plans.len(), &events);
    match &target {
        Ok(_) => run.all(&plans),
        Err(reason) => run.none(&plans, reason),
    }
    let (scenarios, bug) = run.finish(&plans);
    let interrupted = options.interrupt.is_triggered();
    let ending = Ending::of(&scenarios, bug, interrupted);
    let target = target.unwrap_or_default();
    let report = assemble(&options, &wall, scenarios, target, interrupted);
    events(Event::RunFinished { totals: report.totals, wall_us: report.run.wall_us });
    RunResult { report, ending }
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
    events: &'a E,
    next: AtomicUsize,
    failures: AtomicU32,
    stopped: AtomicBool,
    bug: Mutex<Option<String>>,
    done: Mutex<Vec<Option<ScenarioReport>>>,
}

impl<'a, E: Fn(Event) + Send + Sync> InProgress<'a, E> {
    fn new(options: &'a RunOptions, count: usize, events: &'a E) -> Self {
        Self {
            options,
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
            (SystemChoice::Url { .. }, _) => 1,
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
            if self.stopped.load(Ordering::Relaxed) || self.options.interrupt.is_triggered() {
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
        let mut number = 0;
        loop {
            number += 1;
            let step = |title: &str, verdict| {
                (self.events)(Event::StepFinished { id: plan.id.clone(), title: title.to_owned(), verdict });
            };
            let (mut report, told) = supervise(plan, self.options, &step);
            if let Told::Bug(reason) = told {
                let mut bug = self.bug.lock().unwrap_or_else(PoisonError::into_inner);
                bug.get_or_insert_with(|| format!("{}: {reason}", plan.id));
            }
            let again = report.verdict == Verdict::Failed && number <= self.options.retries;
            if again && !self.options.interrupt.is_triggered() {
                continue;
            }
            if number > 1 && report.verdict == Verdict::Passed {
                report.reason = Some(format!("passed on try {number}"));
            }
            return report;
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
    fn none(&self, plans: &[Plan], reason: &str) {
        for (number, plan) in plans.iter().enumerate() {
            self.keep(number, report::without_run(plan, Verdict::Error, reason, &repeat(plan, self.options)));
        }
    }

    /// All reports, those of scenarios that were never begun included, and our first bug.
    fn finish(self, plans: &[Plan]) -> (Vec<ScenarioReport>, Option<String>) {
        let interrupted = self.options.interrupt.is_triggered();
        let reason = if interrupted { "interrupted" } else { "not begun: --max-fail was reached" };
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
    let mut redactor = Redactor::default();
    secrets.iter().for_each(|secret| redactor.add(secret));
    report::redacted(report, &redactor)
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
        ..RunInfo::default()
    };
    let ids: BTreeMap<&str, ()> = scenarios.iter().map(|scenario| (scenario.id.as_str(), ())).collect();
    let run = info.with_id(ids.into_keys());
    Report {
        schema: REPORT_SCHEMA.to_owned(),
        run,
        totals: Totals::of(scenarios.iter().map(|scenario| scenario.verdict)),
        causes: report::causes(&scenarios),
        scenarios,
    }
}

/// The command that repeats one scenario.
pub(crate) fn repeat(plan: &Plan, options: &RunOptions) -> String {
    let mut command = format!("shakedown run {}", quoted(&plan.file));
    if plan.case.is_some() {
        command.push_str(&format!(" -E {}", quoted(&format!("id({})", plan.id))));
    }
    match &options.system {
        SystemChoice::Reference { defects } => {
            defects.iter().for_each(|defect| command.push_str(&format!(" --defect {defect}")));
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
