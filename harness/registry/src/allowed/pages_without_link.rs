//! Allowed: `pages-without-link`.

use super::{Allowed, How};

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "pages-without-link",
    about: "A page of n tags does not say that more follow; the client asks with last.",
    rules: &["TL4", "TL5"],
    lacks: &[],
    how: How::Answer(|asked, answer| {if asked.tags() { answer.remove("link"); }}),
};
