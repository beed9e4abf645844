//! The defect `n-ignored`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["TL4"],
    how: How::Request(|asked| {if asked.tags() { asked.retain_queries(|name| name != "n"); }
 None}),
    ..Defect::new("n-ignored", "n is not looked at.")
};
