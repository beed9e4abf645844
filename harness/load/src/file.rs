//! The format of load scenarios, `scenarios/load/*.yaml`: how load is made, of which operations, on which storage.

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_faults::Fault;
use shakedown_scenario::Span;

use crate::goals::Goal;
use crate::grown::Grown;
use crate::ops::OperationSpec;

/// Most operations at one time.
const MOST_WORKERS: u32 = 4096;
/// Longest load.
const LONGEST: Span = Span(std::time::Duration::from_secs(24 * 3600));

/// A load scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LoadFile {
    /// One sentence.
    pub title: String,
    /// Why this load is worth measuring.
    #[serde(default)]
    pub story: String,
    /// Operations at the same time. Closed model: each worker begins the next one when its last is done.
    #[serde(default = "one")]
    pub workers: u32,
    /// Arrivals a second, whatever the system does. Open model: `workers` is the most that run at one time, and what has to wait for one
    /// counts its waiting (coordinated omission is corrected).
    #[serde(default)]
    pub rate: Option<f64>,
    /// Load before anything is counted.
    #[serde(default)]
    pub warm_up: Option<Span>,
    /// How long it is measured, all rounds together.
    #[serde(default, rename = "for")]
    pub duration: Option<Span>,
    /// How many operations are measured, all rounds together.
    #[serde(default)]
    pub count: Option<u64>,
    /// Stops when the rate of each system is known within so many percent (99 % sure), before all rounds are over.
    #[serde(default)]
    pub until_stable: Option<f64>,
    /// Repositories that the content is spread over.
    #[serde(default = "one")]
    pub repositories: u32,
    /// Reads everything back that was acknowledged, when the load is over and the faults of the storage have ended. If absent: where the
    /// storage has faults.
    #[serde(default)]
    pub verify: Option<bool>,
    /// The storage.
    #[serde(default)]
    pub storage: StorageSpec,
    /// What is done; each as often as its weight says.
    pub operations: Vec<OperationSpec>,
    /// What the first system of a run is to reach.
    #[serde(default)]
    pub goals: Vec<Goal>,
}

/// The S3 mock under the load.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct StorageSpec {
    /// ETags that cost no MD5: for large content, where the mock's hashing would be what is measured.
    pub fast_etags: bool,
    /// What is there before the load begins.
    pub grown: Option<Grown>,
    /// Objects are files in a folder for temporary ones, which goes with the load: for content beyond memory.
    pub on_disk: bool,
    /// Faults of the storage while the load runs, e.g. a delay of each answer.
    pub faults: Vec<Fault>,
}

fn one() -> u32 {
    1
}

impl LoadFile {
    /// The JSON schema of load scenarios.
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(Self)
    }

    /// Everything that is wrong with it.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !(1..=MOST_WORKERS).contains(&self.workers) {
            problems.push(format!("`workers: {}` must be 1 to {MOST_WORKERS}", self.workers));
        }
        if let Some(rate) = self.rate.filter(|rate| !(0.001..=1e6).contains(rate)) {
            problems.push(format!("`rate: {rate}` must be 0.001 to 1000000 a second"));
        }
        match (self.duration, self.count) {
            (None, None) | (Some(_), Some(_)) => problems.push("write either `for: 10s` or `count: 1000`".to_owned()),
            (Some(duration), None) if duration > LONGEST || duration.0.is_zero() => {
                problems.push(format!("`for: {duration}` must be more than nothing and at most {LONGEST}"));
            }
            (None, Some(0)) => problems.push("`count: 0` measures nothing".to_owned()),
            _ => {}
        }
        if self.warm_up.is_some_and(|warm_up| warm_up > LONGEST) {
            problems.push(format!("`warm-up` must be at most {LONGEST}"));
        }
        if let Some(percent) = self.until_stable.filter(|percent| !(0.01..=100.0).contains(percent)) {
            problems.push(format!("`until-stable: {percent}` must be 0.01 to 100 percent"));
        }
        if !(1..=1_000_000).contains(&self.repositories) {
            problems.push("`repositories` must be 1 to 1000000".to_owned());
        }
        if self.operations.is_empty() {
            problems.push("`operations` needs at least one".to_owned());
        }
        if !self.operations.is_empty() && self.operations.iter().all(|operation| operation.weight() == 0) {
            problems.push("one of the operations must have a weight".to_owned());
        }
        problems.extend(self.operations.iter().filter_map(OperationSpec::problem));
        problems.extend(self.storage.faults.iter().flat_map(Fault::problems));
        problems.extend(self.goals.iter().filter_map(Goal::problem));
        problems.extend(self.storage.grown.as_ref().and_then(Grown::problem));
        let grown =
            |operation: &OperationSpec| matches!(operation, OperationSpec::ListTags(list) if list.tags.is_none());
        if self.tags() == 0 && self.operations.iter().any(grown) {
            problems.push("`list-tags` needs `tags: 1000`, or `storage: { grown: { tags: 1000 } }`".to_owned());
        }
        if self.blobs() == 0 && self.operations.iter().any(|one| matches!(one, OperationSpec::PullGrownBlob(_))) {
            problems.push("`pull-grown-blob` needs `storage: { grown: { blobs: 1000 } }`".to_owned());
        }
        problems
    }

    /// The load with other workers or another rate of arrivals (0: none), where they are given. Goals that were set for its own are not
    /// judged then: they say nothing of another load.
    pub fn make_by(&mut self, workers: Option<u32>, rate: Option<f64>) {
        let own = self.model();
        self.workers = workers.unwrap_or(self.workers);
        self.rate = rate.map_or(self.rate, |rate| (rate != 0.0).then_some(rate));
        if self.model() != own {
            self.goals.iter_mut().for_each(|goal| goal.set_for = Some(own.clone()));
        }
    }

    /// What is in the storage before the load begins, in the order of keys: nothing if it does not say.
    pub fn grown(&self, namespace: &str) -> Option<impl Iterator<Item = (String, Bytes)> + Send + use<>> {
        // As `Lab::repository` names the first one.
        Some(self.storage.grown?.objects(&format!("{namespace}/r0")))
    }

    /// Bytes that blobs of one size alone will take in the storage, where it can be told: what must have room for it to make sense to begin.
    pub fn stored_bytes(&self) -> u64 {
        let weights: u64 = self.operations.iter().map(|operation| u64::from(operation.weight())).sum();
        let stored = |operation: &OperationSpec| match operation {
            OperationSpec::PullBlob(pull) => pull.size.only()?.checked_mul(u64::from(pull.of)),
            OperationSpec::PushBlob(push) => {
                let pushes = self.count?.checked_mul(u64::from(push.weight))? / weights.max(1);
                push.size.only()?.checked_mul(pushes)
            }
            _ => None,
        };
        self.operations.iter().filter_map(stored).fold(0, u64::saturating_add)
    }

    /// Tags that are there before the load begins, in its first repository.
    pub(crate) fn tags(&self) -> u32 {
        self.storage.grown.map_or(0, |grown| grown.tags)
    }

    /// Blobs that are there before the load begins, in the same.
    pub(crate) fn blobs(&self) -> u32 {
        self.storage.grown.map_or(0, |grown| grown.blobs)
    }

    /// True if what was acknowledged is read back.
    pub(crate) fn verified(&self) -> bool {
        self.verify.unwrap_or(!self.storage.faults.is_empty())
    }

    /// How load is made, in words.
    pub(crate) fn model(&self) -> String {
        match self.rate {
            Some(rate) => format!("{rate} arrivals a second, at most {} at a time", self.workers),
            None if self.workers == 1 => "1 worker".to_owned(),
            None => format!("{} workers", self.workers),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> String {
        serde_saphyr::from_str::<LoadFile>(text).unwrap().problems().join("; ")
    }

    #[test]
    fn what_blobs_of_one_size_take_is_known_before() {
        let stored =
            |rest: &str| serde_saphyr::from_str::<LoadFile>(&format!("title: x\n{rest}")).unwrap().stored_bytes();
        assert_eq!(stored("count: 3\noperations: [{ push-blob: { size: 10GiB } }]"), 30 << 30);
        assert_eq!(stored("for: 1s\noperations: [{ pull-blob: { size: 1MiB, of: 5 } }]"), 5 << 20);
        let mixed = "[{ push-blob: { size: 4KiB } }, { push-blob: { size: { uniform: [1B, 9B] }, weight: 3 } }]";
        assert_eq!(stored(&format!("count: 40\noperations: {mixed}")), 10 * 4096);
        assert_eq!(stored("for: 1s\noperations: [{ push-blob: { size: 1MiB } }, { push-manifest: {} }]"), 0);
    }

    #[test]
    fn a_file_is_checked() {
        let operations = "operations: [{ push-blob: { size: 1KiB } }]";
        assert_eq!(problems(&format!("title: x\nfor: 1s\n{operations}")), "");
        for (rest, word) in [
            (operations.to_owned(), "either `for"),
            (format!("for: 1s\ncount: 3\n{operations}"), "either `for"),
            (format!("for: 0s\n{operations}"), "more than nothing"),
            (format!("count: 1\nworkers: 0\n{operations}"), "`workers: 0`"),
            (format!("count: 1\nuntil-stable: 0\n{operations}"), "percent"),
            ("count: 1\noperations: [{ pull-grown-blob: {} }]".to_owned(), "grown"),
            ("count: 1\noperations: [{ list-referrers: { referrers: 0 } }]".to_owned(), "`referrers: 0`"),
            (format!("count: 1\nrate: 0\n{operations}"), "`rate: 0`"),
            ("count: 1\noperations: []".to_owned(), "at least one"),
            ("count: 1\noperations: [{ head-blob: { size: 1KiB, weight: 0 } }]".to_owned(), "weight"),
            ("count: 1\noperations: [{ pull-blob: { size: { uniform: [2B, 1B] } } }]".to_owned(), "smallest first"),
            ("count: 1\noperations: [{ list-tags: { page: 10 } }]".to_owned(), "`list-tags` needs"),
            (format!("count: 1\nstorage: {{ grown: {{}} }}\n{operations}"), "`grown` needs"),
        ] {
            let told = problems(&format!("title: x\n{rest}"));
            assert!(told.contains(word), "{rest}: {told}");
        }
        assert!(serde_saphyr::from_str::<LoadFile>("title: x\ncount: 1\nworker: 2\noperations: []").is_err());
    }
}
