//! The specification's MUSTs and SHOULDs as data, so that checks, reports and `explain` name the same thing. The table itself is
//! in `rules_table`; this is how to ask it.

use std::fmt;

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
        assert!(Rule::find("ZZ1").is_none());
    }
}
