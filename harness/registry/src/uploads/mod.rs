//! Upload sessions: one object that any replica can go on from, and the way of the bytes into storage.
//!
//! Invariants: a 202 is sent only after every byte it acknowledges is durable; nothing is deleted before what replaces it has been seen.
//! Not here: the HTTP of uploads (`api`).

mod commit;
mod frames;
mod hashing;
mod hint;
mod receive;
mod session;
mod sessions;

pub(crate) use commit::{Commit, Committed};
pub(crate) use hint::Hint;
pub(crate) use receive::{Receive, ReceiveError};
pub(crate) use session::{Multipart, Session, Target};
pub(crate) use sessions::{Sessions, UploadKeys};
