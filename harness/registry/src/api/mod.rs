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
mod through;
mod upload_chunk;
mod upload_finish;
mod upload_start;
mod upload_status;

pub(crate) use ask::Ask;
pub(crate) use handle::handle;
pub(crate) use links::read as read_link;
pub(crate) use manifest_read::load as load_manifest;
pub(crate) use referrers::record as record_referrer;
pub(crate) use refusal::Refusal;
pub(crate) use route::Route;

use shakedown_wire::Response;

/// What a handler comes to.
type Outcome = Result<Response, refusal::Refusal>;
