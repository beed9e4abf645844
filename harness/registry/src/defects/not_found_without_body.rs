//! The defect `not-found-without-body`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["K10"],
    breaks: &["HB1"],
    how: How::Answer(|_, answer| { if answer.status() == 404 { answer.remove("content-type"); answer.set_bytes(""); } }),
    ..Defect::new("not-found-without-body", "A 404 has no body, which Docker shows as an unexpected end of JSON input.")
};
