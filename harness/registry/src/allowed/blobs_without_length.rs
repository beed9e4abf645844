//! Allowed: `blobs-without-length`.

use super::{Allowed, How};

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "blobs-without-length",
    about: "GET of a blob does not say how long it is.",
    rules: &["PB1"],
    lacks: &[],
    how: How::Answer(|asked, answer| {if asked.blob().is_some() && asked.is_get() && answer.status() == 200 { answer.set_chunked(); }}),
};
