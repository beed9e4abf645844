//! Allowed: `errors-in-text`.

use super::{Allowed, How};

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "errors-in-text",
    about: "The body of a refusal is plain text, but where a code is asked for.",
    rules: &["ER1"],
    lacks: &[],
    how: How::Answer(|_, answer| {if (400..500).contains(&answer.status()) && !answer.has_code("MANIFEST_BLOB_UNKNOWN") { answer.set("content-type", "text/plain"); answer.set_bytes("error\n"); }}),
};
