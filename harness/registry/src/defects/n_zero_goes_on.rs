//! The defect `n-zero-goes-on`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["TL6"],
    how: How::Answer(|asked, answer| {if asked.tags() && asked.query("n") == Some("0") { answer.set("link", format!("<{}?n=0>; rel=\"next\"", asked.path())); }}),
    ..Defect::new("n-zero-goes-on", "n=0 is answered with a Link.")
};
