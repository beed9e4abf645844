//! One file per step kind and one line in [`dispatch`]. What a step says in a file is `shakedown_scenario::steps`, same names.

mod acting;
mod advance;
mod blob;
mod cache;
mod client;
mod client_calls;
mod compare;
mod copy;
mod delete;
mod event;
mod eventually;
mod faults;
mod http;
pub(crate) mod life;
mod mount;
mod parallel;
mod pull;
mod push;
mod referrers;
mod repeat;
mod restart;
mod run;
mod storage;
mod storage_calls;
mod swift;
mod tags;
mod title;
mod upstream_calls;
mod webhook;

pub(crate) use client::WAITS;

use futures_util::future::LocalBoxFuture;
use shakedown_oci::{Rule, Version};
use shakedown_reports::{Check, Verdict};
use shakedown_scenario::steps::Step;
use shakedown_wire::TraceId;

use crate::stage::Stage;
use crate::view::ViewError;

pub(crate) use client::judge_end;
pub(crate) use title::title;

/// What a step (or a group of steps) left behind.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// What was checked.
    pub(crate) checks: Vec<(Check, Option<TraceId>)>,
    /// The environment failed it, or the file asks for what cannot be.
    pub(crate) error: Option<String>,
}

impl Done {
    /// Checks without an error.
    pub(crate) fn checked(checks: Vec<(Check, Option<TraceId>)>) -> Self {
        Self { checks, error: None }
    }

    /// An error and nothing checked.
    pub(crate) fn error(reason: impl Into<String>) -> Self {
        Self { checks: Vec::new(), error: Some(reason.into()) }
    }

    /// The same by another text of the specification: what that does not have, or asks less of, cannot be a failure.
    fn held_to(mut self, version: Version) -> Self {
        for (check, _) in self.checks.iter_mut().filter(|(check, _)| check.verdict == Verdict::Failed) {
            let weaker = |id: &String| Rule::find(id).is_some_and(|rule| rule.is_weaker_in(version));
            if !check.rules.is_empty() && check.rules.iter().all(weaker) {
                check.verdict = Verdict::Inconclusive;
            }
        }
        self
    }

    /// True if everything held.
    pub(crate) fn is_good(&self) -> bool {
        let bad = |verdict| matches!(verdict, Verdict::Failed | Verdict::Error);
        self.error.is_none() && !self.checks.iter().any(|(check, _)| bad(check.verdict))
    }

    /// Adds what another step left behind, each place marked with `prefix`.
    pub(crate) fn add(&mut self, other: Self, prefix: &str) {
        for (mut check, trace) in other.checks {
            check.at = if check.at.is_empty() { prefix.to_owned() } else { format!("{prefix}: {}", check.at) };
            self.checks.push((check, trace));
        }
        if let (None, Some(error)) = (&self.error, other.error) {
            self.error = Some(format!("{prefix}: {error}"));
        }
    }
}

impl From<Result<(), ViewError>> for Done {
    fn from(outcome: Result<(), ViewError>) -> Self {
        outcome.map_or_else(|error| Self::error(error.to_string()), |()| Self::default())
    }
}

/// Runs one step.
pub(crate) fn run<'a>(stage: &'a Stage, step: &'a Step) -> LocalBoxFuture<'a, Done> {
    Box::pin(async move {
        match dispatch(stage, step).await {
            Ok(done) => done.held_to(stage.version),
            Err(mistake) => Done::error(mistake),
        }
    })
}

/// The list of step kinds. An `Err` is a step that cannot be done as written.
async fn dispatch(stage: &Stage, step: &Step) -> Result<Done, String> {
    match step {
        Step::Http(step) => http::run(stage, step).await,
        Step::Push(step) => push::run(stage, step).await,
        Step::Pull(step) => pull::run(stage, step).await,
        Step::Blob(step) => blob::run(stage, step).await,
        Step::Mount(step) => mount::run(stage, step).await,
        Step::Copy(step) => copy::run(stage, step).await,
        Step::Compare(step) => compare::run(stage, step).await,
        Step::Delete(step) => delete::run(stage, step).await,
        Step::Tags(step) => tags::run(stage, step).await,
        Step::Referrers(step) => referrers::run(stage, step).await,
        Step::Parallel(step) => parallel::run(stage, step).await,
        Step::As(step) => acting::run(stage, step).await,
        Step::Repeat(step) => repeat::run(stage, step).await,
        Step::Eventually(step) => eventually::run(stage, step).await,
        Step::Advance(step) => advance::run(step).await,
        Step::Restart(step) => restart::run(stage, step).await,
        Step::Faults(step) => faults::run(stage, step).await,
        Step::Event(step) => event::run(stage, step).await,
        Step::Storage(step) => storage::run(stage, step).await,
        Step::Cache(step) => cache::run(stage, step).await,
        Step::Gc(step) => life::gc(stage, step).await,
        Step::Expire(step) => life::expire(stage, step).await,
        Step::Purge(step) => life::purge(stage, step).await,
        Step::Audit(rule) => life::audit(stage, rule).await,
        Step::StorageCalls(step) => storage_calls::run(stage, step).await,
        Step::Run(step) => run::run(stage, &step.0).await,
        Step::Swift(step) => swift::run(stage, step).await,
        Step::Webhook(step) => webhook::run(stage, step).await,
        Step::ClientCalls(step) => client_calls::run(stage, step).await,
        Step::UpstreamCalls(step) => upstream_calls::run(stage, step).await,
    }
}

/// Runs steps in order up to the first that fails.
pub(crate) async fn run_all(stage: &Stage, steps: &[Step]) -> Done {
    let mut all = Done::default();
    for step in steps {
        let done = run(stage, step).await;
        let good = done.is_good();
        all.add(done, &title(step, &stage.vars));
        if !good {
            break;
        }
    }
    all
}
