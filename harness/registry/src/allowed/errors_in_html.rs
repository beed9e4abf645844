//! Allowed: `errors-in-html`.

use super::{Allowed, How};

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "errors-in-html",
    about: "The body of a refusal is HTML, but where a code is asked for.",
    rules: &["ER1"],
    lacks: &[],
    how: How::Answer(|_, answer| {if (400..500).contains(&answer.status()) && !answer.has_code("MANIFEST_BLOB_UNKNOWN") { answer.set("content-type", "text/html"); answer.set_bytes("<html><body><h1>error</h1></body></html>"); }}),
};
