//! One scenario's run as its report: both sides joined, checks with their calls, blame. Not here: verdicts (`verdict`), what is
//! printed (`shakedown-reports`).

mod causes;
mod coverage;
mod glossary;
mod habits;
mod redact;
mod shape;
mod steps;

use std::collections::BTreeMap;

use shakedown_reports::{Call, Check, ScenarioReport, StepReport, Verdict};
use shakedown_scenario::Plan;

use crate::outcome::{ScenarioRun, StepRun};
use crate::trace::{self, Trace};
use crate::{blame, verdict};

pub(crate) use causes::causes;
pub(crate) use coverage::coverage;
pub(crate) use glossary::glossary;
pub(crate) use habits::habits;
pub(crate) use redact::redacted;

/// The report of a scenario that ran, or at least began. `wall_us` is left to the caller.
pub(crate) fn scenario_report(
    plan: &Plan,
    run: &ScenarioRun,
    verdict: Verdict,
    reason: Option<String>,
    repeat: &str,
) -> ScenarioReport {
    let mut trace = trace::join(&run.front, &run.back);
    trace::attach(&mut trace.calls, &run.log, run.log_format);
    let ranges = steps::ranges(&run.steps, &trace);
    let steps: Vec<_> = run.steps.iter().zip(ranges).map(|(step, calls)| step_report(step, calls, &trace)).collect();
    let log: Vec<_> = run.log.iter().map(|(_, line)| line.clone()).collect();
    let blame = if verdict == Verdict::Failed {
        let checks: Vec<Check> = steps.iter().flat_map(|step| step.checks.iter().cloned()).collect();
        blame::decide(&trace.calls, &checks, &log, run.sees_storage)
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
        story: scenario.story.clone(),
        verdict,
        reason: if reason.is_empty() { None } else { Some(reason.to_owned()) },
        blame: None,
        steps: Vec::new(),
        calls: Vec::new(),
        calls_left_out: 0,
        failed_tries: Vec::new(),
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
    for operation in
        calls.iter().filter(|call| !call.is_client() && call.to == "s3").filter_map(|call| call.operation.as_ref())
    {
        *counts.entry(operation.clone()).or_insert(0) += 1;
    }
    counts
}

/// What tests of other modules build reports from.
#[cfg(test)]
pub(crate) mod testing {
    use shakedown_scenario::{Lines, Plan, Scenario};

    /// A plan without steps.
    pub(crate) fn plan(id: &str) -> Plan {
        let scenario: Scenario =
            serde_saphyr::from_str("{ title: t, seen: A01, spec: [CH8], tags: [x], steps: [] }").unwrap();
        let (file, lines) = (format!("scenarios/{id}.yaml"), Lines::default());
        Plan { id: id.into(), file, line: 1, case: None, scenario, secrets: vec![], lines }
    }
}

#[cfg(test)]
mod tests;
