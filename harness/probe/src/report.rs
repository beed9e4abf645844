//! The result of a run as data. Not here: how it is shown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shakedown_wire::Exchange;

use crate::plan::Level;
use crate::probe::Severity;
use crate::profile::Profile;
use crate::verdict::{ProfileVerdict, decide};

/// What became of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The store does what a registry needs.
    Passed,
    /// It does not.
    Failed,
    /// Not a question for this store or this run; the reason says why.
    Skipped,
    /// It could not be asked, or not to its end; the reason says why.
    NotRun,
}

/// Who breaks the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blame {
    /// The store.
    Storage,
    /// What stands between: the answer is not the store's own.
    Gateway,
    /// The way there: connections that break or time out.
    Network,
}

/// One probe's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Result {
    /// The probe.
    pub id: String,
    /// What was asked.
    pub title: String,
    /// What of a registry does not work when it fails.
    pub breaks: String,
    /// Where it was seen.
    pub source: Vec<String>,
    /// What became of it.
    pub verdict: Verdict,
    /// What a failure means to each registry.
    pub severity: BTreeMap<Profile, Severity>,
    /// What came and what was due, or why it was not asked.
    pub reason: Option<String>,
    /// Who broke the rule.
    pub blame: Option<Blame>,
    /// What was seen beside it.
    pub notes: Vec<String>,
    /// Numbers: counts, lags and latencies in milliseconds, rates.
    pub measures: BTreeMap<String, f64>,
    /// Requests sent.
    pub requests: u64,
    /// Bytes of bodies sent and received.
    pub bytes: u64,
    /// How long it took.
    pub took_ms: f64,
    /// The exchanges that show it, secrets replaced.
    pub evidence: Vec<Exchange>,
}

/// What a registry on the store did in scenarios, with a proxy between them that makes the store misbehave.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OnTop {
    /// The registry.
    pub system: String,
    /// What it says of itself.
    pub version: Option<String>,
    /// Why no scenario ran, if none did.
    pub not_run: Option<String>,
    /// Scenarios that passed.
    pub passed: u64,
    /// Scenarios in which it did what it is known to do on every store.
    pub known: u64,
    /// Scenarios that such a run cannot give what they need.
    pub skipped: u64,
    /// How long it took.
    pub took_ms: f64,
    /// Scenarios that failed, or came to no verdict.
    pub failures: Vec<OnTopFailure>,
}

/// A scenario that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnTopFailure {
    /// Its id.
    pub scenario: String,
    /// What it says must hold.
    pub title: String,
    /// What was seen instead.
    pub seen: String,
    /// Who broke the rule, and why that is believed.
    pub blame: Option<String>,
}

/// A whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// `shakedown.qualification/v1`.
    pub schema: String,
    /// Version of the program that asked.
    pub version: String,
    /// The store's address.
    pub endpoint: String,
    /// The bucket.
    pub bucket: String,
    /// The region that was signed for.
    pub region: String,
    /// How much was asked.
    pub level: Level,
    /// The prefix under which everything was written.
    pub prefix: String,
    /// When it began (RFC 3339).
    pub started: String,
    /// How long it took.
    pub took_ms: f64,
    /// Requests sent, preflight and cleaning included.
    pub requests: u64,
    /// Bytes of bodies sent and received.
    pub bytes: u64,
    /// What the store's headers say it is.
    pub fingerprint: BTreeMap<String, String>,
    /// Why the run ended early, if it did.
    pub ended_early: Option<String>,
    /// The answer for each registry.
    pub profiles: Vec<ProfileVerdict>,
    /// The probes, in their order.
    pub results: Vec<Result>,
    /// Keys and uploads that could not be removed again.
    pub left_behind: Vec<String>,
    /// What registries on the store did, if any was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_top: Vec<OnTop>,
    /// The same questions through the gateway, if one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<Box<Report>>,
}

impl Report {
    /// The name and version of this format.
    pub const SCHEMA: &str = "shakedown.qualification/v1";

    /// Verdicts that do not follow from the results, as sentences: somebody changed one or the other.
    pub fn inconsistencies(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for verdict in &self.profiles {
            if decide(verdict.profile, &self.results) != *verdict {
                wrong.push(format!("the verdict for {} does not follow from the results", verdict.profile.name()));
            }
        }
        wrong.extend(self.gateway.iter().flat_map(|gateway| gateway.inconsistencies()));
        wrong
    }

    /// Takes the answers through a gateway: what passes without it and fails behind it is its doing, whatever the answers look like.
    pub fn through(&mut self, mut gateway: Self) {
        for there in gateway.results.iter_mut().filter(|there| there.verdict == Verdict::Failed) {
            if self.result(&there.id).is_none_or(|here| here.verdict != Verdict::Failed) {
                there.blame = Some(Blame::Gateway);
            }
        }
        self.gateway = Some(Box::new(gateway));
    }

    /// The result of this probe.
    pub fn result(&self, id: &str) -> Option<&Result> {
        self.results.iter().find(|result| result.id == id)
    }

    /// Ids of the probes with this verdict.
    pub fn ids(&self, verdict: Verdict) -> Vec<&str> {
        self.results.iter().filter(|result| result.verdict == verdict).map(|result| result.id.as_str()).collect()
    }
}
