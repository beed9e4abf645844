//! One call: from a request to the answer its caller gets, through redirects, challenges and retries.

mod auth;
mod hop;
mod redirect;
mod retry;
mod send;

pub(crate) use auth::Tokens;
pub(crate) use hop::{Answer, Hop, Payload};
pub(crate) use retry::{Patience, retry_after};
