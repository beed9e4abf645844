//! What a report says of the specification itself: which rules were looked at, and what their ids stand for. Verdicts live beside.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much of the specification a run looked at: the duties of registries, by level.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleCoverage {
    /// The version of the specification that answers were held to: `1.1` or `head`.
    pub version: String,
    /// MUST and MUST NOT.
    pub must: RuleCount,
    /// SHOULD and SHOULD NOT.
    pub should: RuleCount,
}

/// Rules of one level.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleCount {
    /// Rules that at least one check of the run stood for.
    pub covered: u64,
    /// Rules that could be seen on this system: those that show anywhere, and those that it was made to show.
    pub observable: u64,
    /// Rules of this version.
    pub total: u64,
    /// Ids of rules that a check found broken.
    pub broken: Vec<String>,
    /// Ids of rules that show anywhere, but that no check stood for.
    pub missed: Vec<String>,
}

impl RuleCoverage {
    /// One line, e.g. `specification head: 73 of 73 MUST (73 in all), 25 of 25 SHOULD (25 in all)`; absent if the run was not about the
    /// specification: a few scenarios say nothing about the whole.
    pub fn line(&self) -> Option<String> {
        let (covered, observable) =
            (self.must.covered + self.should.covered, self.must.observable + self.should.observable);
        let part = |count: &RuleCount, level: &str| {
            let broken =
                if count.broken.is_empty() { String::new() } else { format!(", {} broken", count.broken.len()) };
            format!("{} of {} {level} checked ({} in all{broken})", count.covered, count.observable, count.total)
        };
        (covered > 0 && covered * 2 >= observable).then(|| {
            let (must, should) = (part(&self.must, "MUST"), part(&self.should, "SHOULD"));
            format!("specification {}: {must}, {should}", self.version)
        })
    }
}

/// Something that clients rely on beyond the specification, and that the system does not do. It is worth a remark and fails nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MissedHabit {
    /// Its id, e.g. `HB1`.
    pub id: String,
    /// What registries do.
    pub habit: String,
    /// What happens where one does not.
    pub otherwise: String,
    /// Where it was missed first, what was expected there and what came.
    pub example: String,
    /// How many checks missed it.
    pub checks: u64,
    /// Ids of the scenarios in which it was missed.
    pub scenarios: Vec<String>,
}

/// What ids stand for, so that a report is read without the program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Glossary {
    /// Rules of the specification by id.
    pub rules: BTreeMap<String, RuleText>,
    /// Titles of incidents by id.
    pub incidents: BTreeMap<String, String>,
}

/// A rule of the specification in our words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleText {
    /// `MUST`, `MUST NOT`, `SHOULD` or `SHOULD NOT`.
    pub level: String,
    /// The version of the specification since which it is so binding: `1.1` or `head`; absent in older reports.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub since: String,
    /// Whose duty it is: `registry`, `client` or `both`.
    pub side: String,
    /// What is asked, in one line.
    pub text: String,
    /// The section of the specification.
    pub link: String,
}
