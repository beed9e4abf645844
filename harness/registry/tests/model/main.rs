//! Laws of the registry as a whole, searched with random operations: exact answers when one client works alone (`sequential`), and what
//! several clients at several replicas may see of each other (`concurrent`, `sessions`).

mod concurrent;
mod content;
mod linear;
mod ops;
mod search;
mod sequential;
mod sessions;
#[path = "../registry/support.rs"]
#[allow(dead_code, reason = "shared with the other test binary")]
mod support;
