//! Parties that stand beside the registry and its storage: one module each, each a `shakedown_wire::Party` that can misbehave on demand.
//! Not here: the storage (`mocks/s3`), and how firings are carried out (`mocks/inject`).

pub mod cache;
pub mod forward;
pub mod gateway;
mod passing;
pub mod swift;
pub mod token;
pub mod webhook;
