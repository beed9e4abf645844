//! The defect `last-ignored`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["TL9"],
    how: How::Request(|asked| {if asked.tags() { asked.retain_queries(|name| name != "last"); }
 None}),
    ..Defect::new("last-ignored", "last is not looked at.")
};
