//! Allowed: `no-single-post`.

use super::{Allowed, How};

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "no-single-post",
    about: "A blob in a single POST begins an upload: 202.",
    rules: &["SP3"],
    lacks: &[],
    how: How::Request(|asked| {if asked.uploads() { asked.retain_queries(|name| name != "digest"); }
 None}),
};
