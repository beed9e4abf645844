//! What every S3 client of ours shares: SigV4 by the `aws-sigv4` crate, the encoding of addresses, S3's small XML, and keys.
//!
//! Not here: operations, sending, judging (each client has its own). The mock's verifier shares nothing with this crate.

mod address;
mod credentials;
mod sign;
pub mod xml;

pub use address::{encode_key, encode_value};
pub use credentials::Credentials;
pub use sign::Signer;
