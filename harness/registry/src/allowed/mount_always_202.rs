//! Allowed: `mount-always-202`.

use super::{Allowed, How};

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "mount-always-202",
    about: "Every mount is answered 202: the client uploads the bytes.",
    rules: &["MO1", "MO3"],
    lacks: &[],
    how: How::Request(|asked| {if asked.uploads() { asked.retain_queries(|name| name != "mount" && name != "from"); }
 None}),
};
