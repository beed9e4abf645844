//! The specification's MUSTs and SHOULDs as data, so that checks, reports and `explain` name the same thing. The table itself is
//! in `rules_table`; this is how to ask it.

use std::fmt;
use std::str::FromStr;

use crate::rules_table::RULES;

/// How binding a rule is (RFC 2119). Where a sentence holds two, the stronger one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub enum Level {
    /// MUST.
    #[serde(rename = "MUST")]
    Must,
    /// MUST NOT.
    #[serde(rename = "MUST NOT")]
    MustNot,
    /// SHOULD.
    #[serde(rename = "SHOULD")]
    Should,
    /// SHOULD NOT.
    #[serde(rename = "SHOULD NOT")]
    ShouldNot,
}

impl Level {
    /// True for MUST and MUST NOT.
    pub fn is_binding(self) -> bool {
        matches!(self, Self::Must | Self::MustNot)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Must => "MUST",
            Self::MustNot => "MUST NOT",
            Self::Should => "SHOULD",
            Self::ShouldNot => "SHOULD NOT",
        })
    }
}

/// Whose duty a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The registry's.
    Registry,
    /// The client's.
    Client,
    /// Both sides'.
    Both,
}

/// Which text of the specification is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, serde::Serialize)]
pub enum Version {
    /// Release 1.1 (1.1.1).
    #[serde(rename = "1.1")]
    V1_1,
    /// The text after 1.1.1, of July 2026.
    #[default]
    #[serde(rename = "head")]
    Head,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1_1 => "1.1",
            Self::Head => "head",
        })
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "1.1" | "1.1.0" | "1.1.1" | "v1.1" | "v1.1.0" | "v1.1.1" => Ok(Self::V1_1),
            "head" => Ok(Self::Head),
            _ => Err(format!("there is no version `{}`, only 1.1 and head", text.escape_debug())),
        }
    }
}

/// What release 1.1 said about a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    Same,
    Weaker(Level),
    Absent,
}

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Stable id, e.g. `CH8`.
    pub id: &'static str,
    /// How binding it is in the newest text.
    pub level: Level,
    /// Whose duty it is.
    pub side: Side,
    /// What is asked, in one line.
    pub requirement: &'static str,
    pub(crate) before: Before,
}

impl Rule {
    /// The rule called `id`.
    pub fn find(id: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.id == id)
    }

    /// How binding it is in a version of the specification; `None` if that does not have it.
    pub fn level_in(&self, version: Version) -> Option<Level> {
        match (version, self.before) {
            (Version::V1_1, Before::Absent) => None,
            (Version::V1_1, Before::Weaker(level)) => Some(level),
            _ => Some(self.level),
        }
    }

    /// The first version that is known to be as binding about it as `version` is; `None` if that does not have it.
    pub fn since(&self, version: Version) -> Option<Version> {
        let level = self.level_in(version)?;
        let same_before = self.level_in(Version::V1_1) == Some(level);
        Some(if same_before { Version::V1_1 } else { version })
    }

    /// Whether a version asks less than the newest text: to differ from the rule is no failure there.
    pub fn is_weaker_in(&self, version: Version) -> bool {
        self.level_in(version).is_none_or(|level| self.level.is_binding() && !level.is_binding())
    }
}

/// The newest text of the specification.
const SPECIFICATION: &str = "https://github.com/opencontainers/distribution-spec/blob/main/spec.md";

/// The heading under which the rules of an id's first two letters stand.
const SECTIONS: &[(&str, &str)] = &[
    ("HC", "historical-context"),
    ("RQ", "workflow-categories"),
    ("PM", "pulling-manifests"),
    ("PB", "pulling-blobs"),
    ("EX", "checking-if-content-exists-in-the-registry"),
    ("PU", "push"),
    ("BL", "pushing-blobs"),
    ("PP", "post-then-put"),
    ("SP", "single-post"),
    ("CH", "pushing-a-blob-in-chunks"),
    ("CA", "pushing-blobs"),
    ("MO", "mounting-a-blob-from-another-repository"),
    ("MP", "pushing-manifests"),
    ("MS", "pushing-manifests-with-subject"),
    ("TL", "listing-tags"),
    ("RL", "listing-referrers"),
    ("DT", "deleting-tags"),
    ("DM", "deleting-manifests"),
    ("DB", "deleting-blobs"),
    ("PX", "registry-proxying"),
    ("BC", "backwards-compatibility"),
    ("RT", "unavailable-referrers-api"),
    ("UG", "upgrades"),
    ("AP", "api"),
    ("ER", "error-codes"),
    ("WN", "warnings"),
];

impl Rule {
    /// The section of the specification that holds it, as a URL.
    pub fn link(&self) -> String {
        let section = SECTIONS.iter().find(|(prefix, _)| self.id.starts_with(prefix));
        section.map_or_else(|| SPECIFICATION.to_owned(), |(_, section)| format!("{SPECIFICATION}#{section}"))
    }
}

/// All rules, in the order of the specification.
pub fn rules() -> &'static [Rule] {
    RULES
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_is_whole() {
        assert_eq!(rules().len(), 154);
        let ids: BTreeSet<_> = rules().iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), 154);
        for rule in rules() {
            assert!(rule.id.len() >= 3 && rule.id[..2].bytes().all(|b| b.is_ascii_uppercase()), "{}", rule.id);
            assert!(rule.id[2..].parse::<u8>().is_ok(), "{}", rule.id);
            assert!(rule.requirement.len() >= 20, "{}", rule.id);
            assert!(rule.link().contains('#'), "{} has no section", rule.id);
        }
    }

    #[test]
    fn ids_count_up_without_gaps() {
        let mut last = ("", 0);
        for rule in rules() {
            let (prefix, number) = rule.id.split_at(2);
            let number: u8 = number.parse().unwrap();
            assert_eq!(number, if prefix == last.0 { last.1 + 1 } else { 1 }, "{}", rule.id);
            last = (prefix, number);
        }
    }

    #[test]
    fn versions_differ_where_the_text_changed() {
        let level = |id: &str, version| Rule::find(id).unwrap().level_in(version);
        assert_eq!(level("EX3", Version::Head), Some(Level::Must));
        assert_eq!(level("EX3", Version::V1_1), Some(Level::Should));
        assert_eq!(level("MP13", Version::V1_1), None);
        assert_eq!(level("CH8", Version::V1_1), Some(Level::Must));
        let weaker = |id: &str, version| Rule::find(id).unwrap().is_weaker_in(version);
        assert!(weaker("EX3", Version::V1_1) && weaker("MP13", Version::V1_1) && weaker("CA1", Version::V1_1));
        assert!(!weaker("EX3", Version::Head) && !weaker("CH8", Version::V1_1) && !weaker("PB7", Version::V1_1));
        assert_eq!(["1.1.1", "head"].map(|text| text.parse::<Version>().unwrap().to_string()), ["1.1", "head"]);
        assert!("2.0".parse::<Version>().unwrap_err().contains("only 1.1 and head"));
        assert!(Rule::find("ZZ1").is_none());
    }
}
