//! What the store holds. `state` is the index (buckets, objects, uploads, parts) and is always in memory; `content` is where the
//! bytes of one object are; a `Backend` writes bytes and keeps the index over a restart.
//!
//! Not here: S3's rules about requests (`ops`), late visibility (`visibility`).

mod backend;
mod content;
pub(crate) mod file;
mod history;
mod memory;
mod model;
mod objects;
mod replay;
mod state;
mod uploads;

pub(crate) use content::Content;
pub(crate) use memory::MemoryBackend;
pub(crate) use model::{Head, Object, Part, Upload, micros};
pub(crate) use state::{Store, Writing};
