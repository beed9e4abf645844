//! Allowed: `errors-without-body`.

use super::{Allowed, How};

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "errors-without-body",
    about: "Refusals have no body, but where a code is asked for.",
    rules: &["ER1"],
    lacks: &[],
    how: How::Answer(|_, answer| {if (400..500).contains(&answer.status()) && !answer.has_code("MANIFEST_BLOB_UNKNOWN") { answer.remove("content-type"); answer.set_bytes(""); }}),
};
