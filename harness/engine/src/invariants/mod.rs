//! What must hold over a whole run: over all answers, over the bucket, over the calls to storage. One file per kind of
//! [`Invariant`], and one line in the dispatch below.
//!
//! Not here: expectations on single answers (`expect`), and how the bucket is looked at (`view`).

mod acknowledged_is_readable;
mod audit;
mod every_tag_resolves;
mod index;
mod manifest;
mod no_answer;
mod no_leaked_bytes;
mod no_orphan_uploads;
mod only_answers;
mod storage_order;
mod storage_requests;
#[cfg(test)]
mod testing;

use shakedown_reports::{Check, Verdict};
use shakedown_scenario::expect::Invariant;
use shakedown_wire::{Exchange, TraceId};

use crate::expect::Checks;
use crate::outcome::ScenarioRun;
use crate::trace::path_of;
use crate::view::{ApiView, BucketView, ViewError};

/// What invariants look at. Faults are cleared; what `api` does is not part of the run.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    /// The run.
    pub run: &'a ScenarioRun,
    /// The bucket, if the storage lets us look into it.
    pub bucket: Option<&'a dyn BucketView>,
    /// The registry, if it still answers.
    pub api: Option<&'a dyn ApiView>,
    /// `${repo}`.
    pub repository: &'a str,
}

/// Checks all invariants of a scenario.
pub async fn check(after: &[Invariant], evidence: Evidence<'_>) -> Vec<(Check, Option<TraceId>)> {
    let mut all = Vec::new();
    for invariant in after {
        let mut checks = Checks::default();
        if let Err(stop) = one(invariant, &evidence, &mut checks).await {
            stop.note(name(invariant), &mut checks);
        }
        all.append(&mut checks.list);
    }
    all
}

async fn one(invariant: &Invariant, evidence: &Evidence<'_>, checks: &mut Checks) -> Result<(), Stop> {
    match invariant {
        Invariant::NoAnswer(rule) => no_answer::check(rule, evidence, checks),
        Invariant::OnlyAnswers(rule) => only_answers::check(rule, evidence, checks),
        Invariant::NoOrphanUploads => no_orphan_uploads::check(evidence, checks).await?,
        Invariant::EveryTagResolves => every_tag_resolves::check(evidence, checks).await?,
        Invariant::NoLeakedBytes => no_leaked_bytes::check(evidence, checks).await?,
        Invariant::Audit(rule) => audit::check(rule, evidence, checks).await?,
        Invariant::AcknowledgedIsReadable => acknowledged_is_readable::check(evidence, checks).await?,
        Invariant::StorageRequests(wanted) => storage_requests::check(wanted, evidence, checks),
        Invariant::StorageOrder(wanted) => storage_order::check(wanted, evidence, checks),
    }
    Ok(())
}

/// The name as files write it; the `what` of its checks.
fn name(invariant: &Invariant) -> &'static str {
    match invariant {
        Invariant::NoAnswer(_) => no_answer::NAME,
        Invariant::OnlyAnswers(_) => only_answers::NAME,
        Invariant::NoOrphanUploads => no_orphan_uploads::NAME,
        Invariant::EveryTagResolves => every_tag_resolves::NAME,
        Invariant::NoLeakedBytes => no_leaked_bytes::NAME,
        Invariant::Audit(_) => audit::NAME,
        Invariant::AcknowledgedIsReadable => acknowledged_is_readable::NAME,
        Invariant::StorageRequests(_) => storage_requests::NAME,
        Invariant::StorageOrder(_) => storage_order::NAME,
    }
}

/// Why an invariant could not be looked at.
#[derive(Debug)]
enum Stop {
    /// This system gives no such view.
    Blind(&'static str),
    /// The view failed.
    View(ViewError),
}

impl From<ViewError> for Stop {
    fn from(error: ViewError) -> Self {
        Self::View(error)
    }
}

impl Stop {
    fn note(self, what: &str, checks: &mut Checks) {
        match self {
            Self::Blind(reason) => checks.add(Verdict::Skipped, what, "a look", reason),
            Self::View(error) => checks.add(Verdict::Error, what, "a look", error.to_string()),
        }
    }
}

impl<'a> Evidence<'a> {
    fn bucket(&self) -> Result<&'a dyn BucketView, Stop> {
        self.bucket.ok_or(Stop::Blind("the bucket of this system cannot be looked into"))
    }

    /// Calls of the registry (not of redirected clients) to storage.
    fn storage_calls(&self) -> Vec<Exchange> {
        self.run.back.iter().filter(|call| call.lane.from != "client" && call.lane.to == "s3").cloned().collect()
    }
}

/// Where a call was seen, e.g. `PATCH /v2/lab/app/blobs/uploads/9ac3`.
fn place(call: &Exchange) -> String {
    let path = path_of(&call.request.uri);
    format!("{} {}", call.request.method, path.split('?').next().unwrap_or(path))
}

/// What a client saw of a call, in words.
fn answer(call: &Exchange) -> String {
    match (&call.response, &call.error) {
        (Some(response), None) => response.status.to_string(),
        (Some(response), Some(error)) => format!("{}, then {error}", response.status),
        (None, Some(error)) => error.clone(),
        (None, None) => "no answer".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{Bucket, World};
    use super::*;

    #[tokio::test]
    async fn without_a_bucket_its_invariants_are_skipped_and_a_failed_look_is_an_error() {
        let world = World::default();
        let after = [Invariant::NoOrphanUploads, Invariant::NoLeakedBytes, Invariant::EveryTagResolves];
        for (check, _) in super::check(&after, world.evidence()).await {
            assert_eq!(check.verdict, Verdict::Skipped, "{check:?}");
        }
        let world = World { bucket: Some(Bucket { broken: true, ..Bucket::default() }), ..World::default() };
        for (check, _) in super::check(&after, world.evidence()).await {
            assert_eq!(
                (check.verdict, check.actual.as_str()),
                (Verdict::Error, "the bucket: out of reach"),
                "{check:?}"
            );
        }
    }
}
