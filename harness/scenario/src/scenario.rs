//! The shape of one scenario file. Not here: how its text is read and checked.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_faults::Fault;

use crate::expect::Invariant;
use crate::steps::Step;
use crate::{Given, OneOrMany, Scalar};

/// One scenario: where it was seen, a world, faults, steps, expectations. The file's stem is its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scenario {
    /// One sentence: what must hold. May use `${case}` names.
    pub title: String,
    /// Blocks of the incident catalogue this reproduces, e.g. `A01`.
    #[serde(default)]
    pub seen: OneOrMany<String>,
    /// What was seen in the field and why it matters, for a newcomer.
    #[serde(default)]
    pub story: String,
    /// Why no registry can do better than to fail cleanly here. Absent where a correct registry survives the incident.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsurvivable: Option<String>,
    /// Rules of the specification that are asserted, e.g. `[CH8, CH14]`.
    #[serde(default)]
    pub spec: Vec<String>,
    /// Free words for selection.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What must be there; without it the scenario is skipped with the reason.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// Shared worlds, relative to this file. Their `given`, `faults`, `vars` and `after` are merged below this file's.
    #[serde(default)]
    pub include: OneOrMany<String>,
    /// Variables, used as `${name}`; `--var name=value` overrides them.
    #[serde(default)]
    pub vars: IndexMap<String, Scalar>,
    /// A matrix: case name -> variables. The scenario runs once per case, as `id[case]`.
    #[serde(default)]
    pub for_each: IndexMap<String, IndexMap<String, Scalar>>,
    /// The world before the first step.
    #[serde(default)]
    pub given: Given,
    /// Faults, active from the first step. First match wins.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// What is done, in order. The first step that fails ends the scenario.
    pub steps: Vec<Step>,
    /// What must hold when the dust has settled (also checked after a failed step, as far as it makes sense).
    #[serde(default)]
    pub after: Vec<Invariant>,
    /// Done at the end in any case.
    #[serde(default)]
    pub finally: Vec<Step>,
}

impl Scenario {
    /// The rules that it has checks for: those of `spec` and those that its expectations name.
    pub fn rules(&self) -> BTreeSet<&str> {
        let mut rules: BTreeSet<&str> = self.spec.iter().map(String::as_str).collect();
        for step in self.steps.iter().chain(&self.finally) {
            step.walk(&mut |step| {
                if let Step::Http(step) = step {
                    let answers = std::iter::once(&step.expect).chain(&step.expect.one_of);
                    rules.extend(answers.flat_map(|answer| answer.rule.iter()).map(String::as_str));
                }
            });
        }
        rules
    }
}

/// An ability that a scenario asks of the run or of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// Real sockets.
    Tcp,
    /// Virtual time: hours of waiting, or exact times.
    Memory,
    /// The storage under the registry is the mock (faults, journal, direct access).
    Mock,
    /// The registry can be restarted or killed.
    Restart,
    /// The settings of `given.registry` can be applied to the system.
    Settings,
    /// Several instances can stand on one storage (`given.replicas`).
    Replicas,
    /// It can have a descriptor cache (`given.cache`).
    Cache,
    /// Garbage can be collected.
    Gc,
    /// Uploads can be purged.
    Purge,
    /// Deletes of all kinds are enabled.
    Delete,
    /// Tags can be deleted.
    DeleteTag,
    /// Manifests can be deleted.
    DeleteManifest,
    /// Blobs can be deleted.
    DeleteBlob,
    /// The referrers API is there.
    Referrers,
    /// SHA-512 digests are taken.
    Sha512,
    /// A push by digest takes tag parameters.
    TagParameters,
    /// Uploads can be cancelled.
    Cancel,
    /// Repositories can be listed (`_catalog`).
    Catalog,
    /// Redirects to storage can be switched on.
    Redirect,
}
