//! The HTTP of the registry, one file per resource. Not here: how bytes are stored (`uploads`, `storage`).

mod ask;
mod base;
mod blobs;
mod catalog;
mod handle;
mod links;
mod manifest_delete;
mod manifest_read;
mod manifest_write;
mod referrers;
mod refusal;
mod route;
mod tags;
mod upload_chunk;
mod upload_finish;
mod upload_start;
mod upload_status;

pub(crate) use handle::handle;

use shakedown_wire::Response;

/// What a handler comes to.
type Outcome = Result<Response, refusal::Refusal>;
