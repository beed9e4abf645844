//! The defect `upload-begun-with-unit`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["K12"],
    breaks: &["HB4"],
    how: How::Answer(|asked, answer| { if asked.uploads() && answer.status() == 202 { answer.set("range", "bytes=0-0"); } }),
    ..Defect::new("upload-begun-with-unit", "The Range of an upload that begins is bytes=0-0.")
};
