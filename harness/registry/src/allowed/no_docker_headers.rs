//! Allowed: `no-docker-headers`.

use super::{Allowed, How};

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "no-docker-headers",
    about: "No header that only Docker's own registry describes is sent.",
    rules: &["HC1"],
    lacks: &[],
    how: How::Answer(|asked, answer| {for name in ["docker-distribution-api-version", "docker-upload-uuid", "etag", "cache-control", "accept-ranges"] { answer.remove(name); }
 if asked.uploads() && answer.status() == 202 { answer.remove("range"); }}),
};
