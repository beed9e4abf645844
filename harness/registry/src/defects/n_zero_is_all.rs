//! The defect `n-zero-is-all`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["TL6"],
    how: How::Request(|asked| {if asked.tags() && asked.query("n") == Some("0") { asked.retain_queries(|name| name != "n"); }
 None}),
    ..Defect::new("n-zero-is-all", "n=0 is a page of the usual size.")
};
