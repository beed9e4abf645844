//! Why nothing could be run or started. Not here: what a run found (`report`).

/// Nothing ran. What a run found out stands in its [`Report`](crate::Report), an unreachable registry included.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something is wrong with a scenario, a fault, or what was asked for; where, and what to do.
    #[error("{0}")]
    Mistake(String),
    /// Something is not there: a program, a port, a container engine.
    #[error("{0}")]
    Environment(String),
}
