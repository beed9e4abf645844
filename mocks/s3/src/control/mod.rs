//! The control interface: what a harness in the same process does with [`S3Mock`](crate::S3Mock) and [`Admin`](crate::Admin), for one in
//! another process. Small HTTP with JSON, on an address of its own, meant for loopback: it asks for no credentials.
//!
//! | request | does |
//! |---|---|
//! | `GET /` | name, version, and this table |
//! | `GET /faults` | the faults in their order, and how often each struck |
//! | `PUT /faults?seed=N` | other faults from now on: a list as in a scenario's `faults` |
//! | `POST /faults` | one more fault, behind the others |
//! | `DELETE /faults` | no faults |
//! | `POST /events/NAME` | a named event happened (`after-event`, `until-event`) |
//! | `GET /journal?since=SEQ&limit=N` | exchanges from that number on |
//! | `DELETE /journal` | forgets them; numbers go on |
//! | `GET /objects?bucket=B&prefix=P` | keys with size and ETag |
//! | `GET`, `PUT`, `DELETE /objects/B/KEY` | the bytes of one object |
//! | `POST /objects/B/KEY` | `{"truncate": LENGTH}` or `{"corrupt": OFFSET}` |
//! | `GET /uploads?bucket=B` | open uploads with their parts |
//! | `POST /uploads/B/KEY` | opens a foreign upload; a body becomes its part 1 |
//! | `PUT`, `DELETE /buckets/B` | makes a bucket, or removes it with all in it |
//! | `POST /reset` | `{"buckets": [..]}`: these are empty, there are no faults, the journal is empty |
//! | `PUT /credentials` | a list of `{"access-key", "secret-key"}` |
//! | `GET`, `PATCH /config` | the switches of [`S3Config`](crate::S3Config), without buckets and credentials |
//! | `GET /time` | the store's clock |
//!
//! Errors are 400, 404 or 405 with `{"error": "what to do"}`.

mod client;
mod model;
mod routes;
mod server;

pub use client::{ControlClient, ControlError};
pub use model::{About, FaultList, Journal, Time};
pub use server::control_party;
