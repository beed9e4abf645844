//! One scenario's run as its report: both sides joined, checks with their calls, blame. Not here: verdicts (`verdict`), what is
//! printed (`shakedown-reports`).

mod causes;
mod redact;
mod steps;

use std::collections::BTreeMap;

use shakedown_reports::{Call, Check, ScenarioReport, StepReport, Verdict};
use shakedown_scenario::Plan;

use crate::outcome::{ScenarioRun, StepRun};
use crate::trace::{self, Trace};
use crate::{blame, verdict};

pub(crate) use causes::causes;
pub(crate) use redact::redacted;

/// The report of a scenario that ran, or at least began. `wall_us` is left to the caller.
pub(crate) fn scenario_report(
    plan: &Plan,
    run: &ScenarioRun,
    verdict: Verdict,
    reason: Option<String>,
    repeat: &str,
) -> ScenarioReport {
    let trace = trace::join(&run.front, &run.back);
    let ranges = steps::ranges(&run.steps, &trace);
    let steps: Vec<_> = run.steps.iter().zip(ranges).map(|(step, calls)| step_report(step, calls, &trace)).collect();
    let log: Vec<_> = run.log.iter().map(|(_, line)| line.clone()).collect();
    let blame = if verdict == Verdict::Failed {
        let checks: Vec<Check> = steps.iter().flat_map(|step| step.checks.iter().cloned()).collect();
        blame::decide(&trace.calls, &checks, &log)
    } else {
        None
    };
    let failed = steps.iter().find(|step| matches!(step.verdict, Verdict::Failed | Verdict::Error));
    let report = without_run(plan, verdict, "", repeat);
    ScenarioReport {
        line: failed.and_then(|step| step.line).unwrap_or(plan.line),
        reason,
        blame,
        storage_requests: storage_requests(&trace.calls),
        faults_fired: trace.calls.iter().map(|call| call.faults.len() as u64).sum(),
        steps,
        calls: trace.calls,
        log,
        duration_us: run.duration_us,
        ..report
    }
}

/// The report of a scenario of which nothing is known but its end: never begun, dead target, our own bug.
pub(crate) fn without_run(plan: &Plan, verdict: Verdict, reason: &str, repeat: &str) -> ScenarioReport {
    let scenario = &plan.scenario;
    ScenarioReport {
        id: plan.id.clone(),
        title: scenario.title.clone(),
        file: plan.file.clone(),
        line: plan.line,
        tags: scenario.tags.clone(),
        seen: scenario.seen.iter().cloned().collect(),
        spec: scenario.spec.clone(),
        verdict,
        reason: if reason.is_empty() { None } else { Some(reason.to_owned()) },
        blame: None,
        steps: Vec::new(),
        calls: Vec::new(),
        storage_requests: BTreeMap::new(),
        faults_fired: 0,
        log: Vec::new(),
        duration_us: 0,
        wall_us: 0,
        repeat: repeat.to_owned(),
    }
}

fn step_report(step: &StepRun, calls: (usize, usize), trace: &Trace) -> StepReport {
    let with_call = |(check, id): &(Check, Option<shakedown_wire::TraceId>)| {
        let call = check.call.or_else(|| id.and_then(|id| trace.call(id)));
        Check { call, ..check.clone() }
    };
    StepReport {
        title: step.title.clone(),
        line: step.line,
        verdict: verdict::of_step(step),
        checks: step.checks.iter().map(with_call).collect(),
        calls,
    }
}

fn storage_requests(calls: &[Call]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for operation in calls.iter().filter(|call| !call.is_client()).filter_map(|call| call.operation.as_ref()) {
        *counts.entry(operation.clone()).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests;
