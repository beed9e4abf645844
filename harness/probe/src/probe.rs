//! What a probe is: its name, what it is for, what it costs, and the question itself.

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::context::Cx;
use crate::plan::Level;
use crate::profile::Profile;

/// What a failed probe means to a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know; or this registry does not use it.
    Info,
    /// The registry works, but slower, leakier or less safely.
    Degraded,
    /// The registry does not work, or loses data.
    Blocker,
}

/// The severity for each profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Severities([Severity; Profile::ALL.len()]);

impl Severities {
    /// The same for all.
    pub const fn all(severity: Severity) -> Self {
        Self([severity; Profile::ALL.len()])
    }

    /// Info for all but those.
    pub const fn only(profiles: &[Profile], severity: Severity) -> Self {
        Self::all(Severity::Info).and(profiles, severity)
    }

    /// Another one for those.
    #[must_use]
    pub const fn and(mut self, profiles: &[Profile], severity: Severity) -> Self {
        let mut at = 0;
        while at < profiles.len() {
            self.0[profiles[at] as usize] = severity;
            at += 1;
        }
        self
    }

    /// The one for `profile`.
    pub const fn of(&self, profile: Profile) -> Severity {
        self.0[profile as usize]
    }
}

/// Why a probe ended without a pass.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum End {
    /// The rule is broken; the reason names what came and what was due.
    Fails(String),
    /// The same, but it weighs more than the probe says.
    Breaks(String),
    /// Not a question for this store or this run.
    NotAsked(String),
    /// What the question needs did not work; another probe asks for that.
    Blocked(String),
    /// The budget or the time of the run is used up.
    Spent(String),
    /// Nobody is there any more.
    Gone(String),
}

/// How a probe ends.
pub(crate) type Check<T = ()> = Result<T, End>;

/// One question.
pub struct Probe {
    /// Its id, e.g. `mpu.list_immediate`.
    pub id: &'static str,
    /// What is asked, in a line.
    pub title: &'static str,
    /// What of a registry does not work when it fails.
    pub breaks: &'static str,
    /// What a failure means, per registry.
    pub severity: Severities,
    /// Where it was seen: incidents and public threads; empty if it follows from a driver's source.
    pub source: &'static [&'static str],
    /// The lowest level at which it is asked.
    pub level: Level,
    /// Requests at most, at each level; what is beyond is not sent.
    pub requests: [u32; 3],
    /// Bytes sent and received at most, at each level.
    pub bytes: [u64; 3],
    /// Asks it.
    pub(crate) run: for<'a> fn(&'a Cx) -> BoxFuture<'a, Check>,
}

impl std::fmt::Debug for Probe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Probe").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Ends the probe with a failure unless the condition holds.
macro_rules! due {
    ($condition:expr, $($reason:tt)+) => {
        if !$condition {
            return Err($crate::probe::End::Fails(format!($($reason)+)));
        }
    };
}
pub(crate) use due;
