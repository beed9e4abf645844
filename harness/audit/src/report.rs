//! What an audit came to: findings by kind, bounded, and what was looked at.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::kinds::Kind;

/// Findings of one kind that are kept; more are counted.
const KEPT: usize = 10_000;

/// What was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Blobs, manifests included.
    pub blobs: u64,
    /// Blobs whose bytes were hashed.
    pub hashed: u64,
    /// Repositories.
    pub repositories: u64,
    /// Tags.
    pub tags: u64,
    /// Manifests.
    pub manifests: u64,
    /// Things too young to be called garbage.
    pub in_flight: u64,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where: `repository:tag`, `repository@digest`, a digest or a key.
    pub at: String,
    /// What exactly.
    pub detail: String,
    /// Bytes it is about, where that can be told.
    pub bytes: u64,
}

/// All findings of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The kind.
    pub kind: &'static Kind,
    /// How bad it is.
    pub severity: crate::Severity,
    /// What it means.
    pub means: &'static str,
    /// What to do.
    pub advice: &'static str,
    /// How many there are.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The first of them.
    pub findings: Vec<Finding>,
}

/// The result; its JSON is `shakedown.audit/v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// `shakedown.audit/v1`.
    pub schema: &'static str,
    /// What was audited.
    pub of: String,
    /// What was looked at.
    pub seen: Seen,
    /// What was found, the worst first.
    pub groups: Vec<Group>,
}

impl Audit {
    /// True if nothing was found.
    pub fn is_clean(&self) -> bool {
        self.groups.is_empty()
    }

    /// How many findings of this kind there are.
    pub fn count(&self, kind: &Kind) -> u64 {
        self.groups.iter().find(|group| group.kind == kind).map_or(0, |group| group.count)
    }

    /// One line for each finding that was kept: kind, place, detail.
    pub fn lines(&self) -> Vec<String> {
        let line = |group: &Group| {
            let id = group.kind.id;
            group.findings.iter().map(|found| format!("{id} {}: {}", found.at, found.detail)).collect::<Vec<_>>()
        };
        self.groups.iter().flat_map(line).collect()
    }

    /// This audit with the findings of another.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.groups.extend(other.groups);
        self.groups.sort_by_key(|group| group.kind);
        self
    }
}

/// Findings while they come in.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    groups: BTreeMap<&'static Kind, Group>,
    pub(crate) seen: Seen,
}

impl Findings {
    pub(crate) fn add(&mut self, kind: &'static Kind, at: impl Into<String>, detail: impl Into<String>, bytes: u64) {
        let group = self.groups.entry(kind).or_insert_with(|| Group {
            kind,
            severity: kind.severity,
            means: kind.means,
            advice: kind.advice,
            count: 0,
            bytes: 0,
            findings: Vec::new(),
        });
        group.count += 1;
        group.bytes += bytes;
        if group.findings.len() < KEPT {
            group.findings.push(Finding { at: at.into(), detail: detail.into(), bytes });
        }
    }

    pub(crate) fn into_audit(self, of: impl Into<String>) -> Audit {
        Audit {
            schema: "shakedown.audit/v1",
            of: of.into(),
            seen: self.seen,
            groups: self.groups.into_values().collect(),
        }
    }
}
