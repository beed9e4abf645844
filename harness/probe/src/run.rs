//! A whole run: preflight, the probes one after the other, cleaning, verdicts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use shakedown_wire::{Clock, Exchange};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use crate::blame::blame;
use crate::budget::Budget;
use crate::cleaning::{cleaner, mark, sweep};
use crate::context::{Cx, Run};
use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::preflight::{Ground, Unable, preflight};
use crate::probe::{Check, End, Probe, Severity};
use crate::probes::HOST_PORT;
use crate::report::{Blame, Report, Result as Outcome, Verdict};
use crate::target::{Style, Target, Transport};
use crate::verdict::decide;

/// Probes in a row that wait in vain, until the rest is not asked.
const PATIENCE: u32 = 3;
/// Exchanges that are shown of a failed probe, and of one that passed.
const SHOWN: usize = 8;
const SHOWN_OF_PASSED: usize = 1;

/// Ends a run early; it cleans up all the same. Clones are one.
#[derive(Debug, Clone)]
pub struct Stop(watch::Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stop {
    /// Ends the run.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was ended.
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    async fn stopped(&self) {
        // An error would mean that the sender is gone, and it is ours.
        let _ = self.0.subscribe().wait_for(|stopped| *stopped).await;
    }
}

/// Asks the store everything of the plan. `progress` hears of each probe before it is asked.
///
/// # Errors
/// Nothing could be asked, and nothing was written.
pub async fn qualify(
    target: Target,
    transport: Transport,
    clock: Clock,
    plan: Plan,
    stop: &Stop,
    progress: &(dyn Fn(&'static Probe, usize, usize) + Sync),
) -> Result<Report, Unable> {
    let began = Instant::now();
    let started = OffsetDateTime::from(clock.now()).format(&Rfc3339).unwrap_or_default();
    let prefix = plan.prefix();
    let ledger = Ledger::default();
    let mut run = Arc::new(Run { target, transport, clock, plan, prefix, style: Style::Path, ledger });
    let first = Cx::with_budget(run.clone(), "preflight", Budget::new(8, 16 << 20));
    let ground = tokio::select! {
        biased;
        () = stop.stopped() => return Err(Unable::Interrupted),
        ground = preflight(&run, &first) => ground,
    };
    let mut report = empty_report(&run, started);
    let (requests, bytes) = (first.budget.requests(), first.budget.bytes());
    match ground {
        Err(denied @ Unable::Denied(_)) => {
            report.results = vec![host_lost(&run).await.ok_or(denied)?];
            report.ended_early = Some("no signature survives the way, so nothing was written".into());
        }
        Err(unable) => return Err(unable),
        Ok(Ground::NotS3(reason)) => {
            report.results = vec![preflight_result(&run, &first, reason)];
            report.ended_early = Some("what answers is no S3, so nothing was written".into());
        }
        Ok(Ground::Fine(style, fingerprint)) => {
            drop(first);
            if let Some(run) = Arc::get_mut(&mut run) {
                run.style = style;
            }
            report.fingerprint = fingerprint;
            ask_all(&run, stop, progress, &mut report).await;
            tidy(&run, &mut report).await;
        }
    }
    report.requests += requests + report.results.iter().map(|result| result.requests).sum::<u64>();
    report.bytes += bytes + report.results.iter().map(|result| result.bytes).sum::<u64>();
    report.profiles = run.plan.profiles.iter().map(|profile| decide(*profile, &report.results)).collect();
    report.took_ms = milliseconds(began.elapsed());
    Ok(report)
}

/// Who is refused may have wrong keys, or a gateway before the store that replaces Host: the probe for that knows the difference.
async fn host_lost(run: &Arc<Run>) -> Option<Outcome> {
    let probe = crate::probes::all().find(|probe| probe.id == HOST_PORT)?;
    let cx = Cx::new(run.clone(), probe);
    let began = Instant::now();
    match (probe.run)(&cx).await {
        Err(End::Fails(reason)) => {
            let outcome = result(run, probe, Some(&cx), Err(End::Fails(reason)), began.elapsed());
            Some(Outcome { blame: Some(Blame::Gateway), ..outcome })
        }
        _ => None,
    }
}

fn empty_report(run: &Run, started: String) -> Report {
    let user = run.target.endpoint.authority().is_some_and(|authority| authority.as_str().contains('@'));
    Report {
        schema: Report::SCHEMA.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        endpoint: if user { "(an address with a password)".into() } else { run.target.endpoint.to_string() },
        bucket: run.target.bucket.clone(),
        region: run.target.region.clone(),
        level: run.plan.level,
        prefix: run.prefix.clone(),
        started,
        took_ms: 0.0,
        requests: 0,
        bytes: 0,
        fingerprint: BTreeMap::new(),
        ended_early: None,
        profiles: Vec::new(),
        results: Vec::new(),
        left_behind: Vec::new(),
        on_top: Vec::new(),
        gateway: None,
    }
}

async fn ask_all(
    run: &Arc<Run>,
    stop: &Stop,
    progress: &(dyn Fn(&'static Probe, usize, usize) + Sync),
    report: &mut Report,
) {
    let deadline = Instant::now() + run.plan.deadline;
    let marking = cleaner(run, 1);
    // A store that cannot even take this fails the probes; only `--clean` after a crash depends on it.
    let _ = timeout_at(deadline, mark(&marking)).await;
    report.requests += marking.budget.requests();
    let probes = run.plan.probes();
    let mut in_vain = 0;
    for (at, probe) in probes.iter().enumerate() {
        if let Some(why) = &report.ended_early {
            let outcome = result(run, probe, None, Err(End::Spent(format!("not asked: {why}"))), Duration::ZERO);
            report.results.push(outcome);
            continue;
        }
        progress(probe, at, probes.len());
        let cx = Cx::new(run.clone(), probe);
        let began = Instant::now();
        let asked = timeout_at(deadline, (probe.run)(&cx)).map(|outcome| {
            outcome
                .unwrap_or_else(|_| Err(End::Spent(format!("the run's deadline of {:?} is over", run.plan.deadline))))
        });
        let check = tokio::select! {
            biased;
            () = stop.stopped() => Err(End::Spent("interrupted".into())),
            check = asked => check,
        };
        in_vain = if cx.said().timeouts > 0 && check.is_err() { in_vain + 1 } else { 0 };
        report.ended_early = match &check {
            _ if stop.is_stopped() => Some("interrupted".into()),
            _ if Instant::now() >= deadline => Some(format!("the deadline of {:?} is over", run.plan.deadline)),
            Err(End::Gone(reason)) => Some(format!("the endpoint is gone: {reason}")),
            _ if in_vain >= PATIENCE => Some(format!("{PATIENCE} probes in a row waited for answers in vain")),
            _ => None,
        };
        report.results.push(result(run, probe, Some(&cx), check, began.elapsed()));
    }
}

async fn tidy(run: &Arc<Run>, report: &mut Report) {
    let written = run.ledger.written();
    let items = written.keys.len() + written.uploads.len() + written.asked.len();
    let cx = cleaner(run, items as u64);
    let limit = Duration::from_secs(60) + Duration::from_millis(100) * u32::try_from(items).unwrap_or(u32::MAX);
    report.left_behind = match timeout(limit, sweep(run, &cx)).await {
        Ok(left) => left,
        Err(_) => vec![format!("everything under {}/ that could not be removed within {limit:?}", run.prefix)],
    };
    report.requests += cx.budget.requests();
    report.bytes += cx.budget.bytes();
}

fn result(run: &Run, probe: &Probe, cx: Option<&Cx>, check: Check, took: Duration) -> Outcome {
    let said = cx.map(Cx::said).unwrap_or_default();
    let (verdict, reason, graver) = match check {
        Ok(()) => (Verdict::Passed, None, false),
        Err(End::Fails(reason)) => (Verdict::Failed, Some(reason), false),
        Err(End::Breaks(reason)) => (Verdict::Failed, Some(reason), true),
        Err(End::NotAsked(reason)) => (Verdict::Skipped, Some(reason), false),
        Err(End::Blocked(reason) | End::Spent(reason) | End::Gone(reason)) => (Verdict::NotRun, Some(reason), false),
    };
    let severity = |profile| if graver { Severity::Blocker } else { probe.severity.of(profile) };
    let evidence = cx.map(|cx| shown(&cx.recorder.exchanges(), verdict)).unwrap_or_default();
    Outcome {
        id: probe.id.into(),
        title: probe.title.into(),
        breaks: probe.breaks.into(),
        source: probe.source.iter().map(|&source| source.into()).collect(),
        verdict,
        severity: run.plan.profiles.iter().map(|&profile| (profile, severity(profile))).collect(),
        blame: (verdict == Verdict::Failed).then(|| blame(&evidence)),
        reason,
        notes: said.notes,
        measures: said.measures.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        requests: cx.map_or(0, |cx| cx.budget.requests()),
        bytes: cx.map_or(0, |cx| cx.budget.bytes()),
        took_ms: milliseconds(took),
        evidence,
    }
}

/// What cannot be a probe's result, because no probe was asked.
fn preflight_result(run: &Run, cx: &Cx, reason: String) -> Outcome {
    let evidence = shown(&cx.recorder.exchanges(), Verdict::Failed);
    Outcome {
        id: "preflight".into(),
        title: "A listing of the bucket is answered as S3 answers it".into(),
        breaks: "everything".into(),
        source: Vec::new(),
        verdict: Verdict::Failed,
        severity: run.plan.profiles.iter().map(|&profile| (profile, Severity::Blocker)).collect(),
        reason: Some(reason),
        blame: Some(blame(&evidence)),
        notes: Vec::new(),
        measures: BTreeMap::new(),
        requests: 0,
        bytes: 0,
        took_ms: 0.0,
        evidence,
    }
}

/// The last exchanges, where a failure is seen, and the first two, where it begins.
fn shown(all: &[Exchange], verdict: Verdict) -> Vec<Exchange> {
    let count = if verdict == Verdict::Failed { SHOWN } else { SHOWN_OF_PASSED };
    let first = if verdict == Verdict::Failed && all.len() > count { 2 } else { 0 };
    let last = all.len().saturating_sub(count - first);
    all[..first].iter().chain(&all[last.max(first)..]).cloned().collect()
}

pub(crate) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
