//! The system `limit` of `bench`: no registry, but what one more hop and the hashing allow on this machine. What a registry reaches of it is
//! what it makes of its own work; the rest is the machine's.
//!
//! - [`hop`] is the process in the registry's place: a streaming proxy that does nothing but hash what is pushed;
//! - [`Backend`] stands behind it in the storage's place, in the process of the load, as the S3 mock does.
//!
//! What is pushed is hashed twice with SHA-256, as a registry does for its digest and for the payload that it signs. Both are done in the hop,
//! because a registry does both in its own process; each on a task of its own beside the transfer, because nothing keeps a registry from
//! doing so, and a limit must not be lower than what is possible. What is pulled is hashed by nobody.
//!
//! Not here: the limit of the load generator itself (`limit`, the self-test), and how the process is started (`shakedown-cli`).

mod backend;
mod hop;

use crate::file::LoadFile;
use crate::ops::OperationSpec;

pub use backend::Backend;
pub use hop::hop;

/// Why this load cannot be made on it.
pub fn beyond_limit(file: &LoadFile) -> Option<String> {
    let lists = |operation: &&OperationSpec| operation.kind().starts_with("list-");
    if let Some(operation) = file.operations.iter().find(lists) {
        return Some(format!("it keeps no lists; measure `{}` on registries", operation.kind()));
    }
    if !file.storage.faults.is_empty() {
        return Some("there is no storage behind it that could have faults".to_owned());
    }
    if file.storage.grown.is_some() {
        return Some("there is no storage behind it that could be filled".to_owned());
    }
    file.verified().then(|| "it keeps nothing of what is pushed that could be read back (`verify: true`)".to_owned())
}

#[cfg(test)]
mod tests;
