//! Evaluates what files expect into [`Check`]s, kept also when they pass. One file per thing that is looked at.
//! Not here: invariants over the whole run (`invariants`).

pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod calls;
pub(crate) mod checks;
pub(crate) mod client;
mod matcher;
mod outcome;

pub(crate) use answer::{Seen, check_answer};
pub(crate) use calls::check_calls;
pub(crate) use checks::Checks;
pub(crate) use matcher::{describe, holds};
pub(crate) use outcome::{Ended, check_outcome, check_within};
