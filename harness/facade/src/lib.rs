//! Shakedown in your own `cargo test`: an S3 that misbehaves on demand, registries on it, scenarios against them, and a report to assert on.
//!
//! What ships with Shakedown is built in: scenarios by their path (`scenarios/faults/async-multipart-create.yaml`, `scenarios/conformance`),
//! systems by their name (`reference`, `distribution-2.8`).
//!
//! ```
//! use shakedown::Shakedown;
//!
//! let report = Shakedown::new().run_blocking("scenarios/faults/async-multipart-create.yaml").unwrap();
//! report.assert_passed();
//! ```
//!
//! A registry of yours that your test has started, on an S3 of ours: [`S3`] says where that is and with which keys, and the run may then
//! use all its faults.
//!
//! ```
//! use shakedown::{S3, Shakedown, System};
//!
//! let s3 = S3::start().unwrap();
//! let registry = System::on(&s3, "reference").unwrap(); // instead of yours, on s3.endpoint(), s3.bucket(), s3.access_key(), ...
//! let run = Shakedown::new().system(registry.url()).s3(&s3);
//! run.run_blocking("scenarios/faults/async-multipart-create.yaml").unwrap().assert_passed();
//! ```
//!
//! A scenario need not be a file: [`Scenario`] makes one of the same values, as `json!` or as types of yours.
//!
//! ```
//! use shakedown::{Scenario, Shakedown, json};
//!
//! let scenario = Scenario::new("throttled-once", "A push survives one 503 of the storage")
//!     .image("app", [4096])
//!     .fault(json!({ "on": "s3", "when": { "operation": "PutObject", "nth": 1 }, "effect": "slow-down" }))
//!     .push("app", "${repo}:1")
//!     .pull("${repo}:1", "app");
//! Shakedown::new().run_blocking(scenario).unwrap().assert_passed();
//! ```
//!
//! Everything that is started here listens on loopback, runs on threads of its own, and ends when it is dropped. Nothing is printed.
//!
//! Not here: what any of it does (`shakedown-engine` and the crates below it).

mod background;
mod error;
mod report;
mod run;
mod s3;
mod scenario;
mod system;

pub use crate::error::Error;
pub use crate::report::{Report, model};
pub use crate::run::{Scenarios, Shakedown};
pub use crate::s3::{S3, StorageCall};
pub use crate::scenario::Scenario;
pub use crate::system::System;
pub use serde_json::json;
