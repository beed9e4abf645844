//! The defect `upload-without-location`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PP1"],
    how: How::Answer(|asked, answer| {if asked.uploads() && answer.status() == 202 { answer.remove("location"); }}),
    ..Defect::new("upload-without-location", "The 202 of a POST has no Location.")
};
