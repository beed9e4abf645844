//! Allowed: `pages-of-two`.

use super::{Allowed, How};

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "pages-of-two",
    about: "A page of tags has two entries at most, and a Link to the next.",
    rules: &["TL4", "TL5"],
    lacks: &[],
    how: How::Config(|config| config.page_size = 2),
};
