//! What must hold: expectations on one answer, on the storage side, and invariants after the run.

mod answer;
mod client;
mod invariant;
mod matcher;
mod status;

pub use answer::{BodyExpect, Expect, Lost};
pub use client::{Called, ClientCalls, Waits};
pub use invariant::{AnswerRule, Invariant, StorageOrder, StorageRequests};
pub use matcher::{Matcher, MatcherKind};
pub use status::{StatusPattern, StatusSet};
