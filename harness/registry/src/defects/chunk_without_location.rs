//! The defect `chunk-without-location`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["CH8"],
    how: How::Answer(|asked, answer| {if asked.upload() && asked.is_patch() { answer.remove("location"); }}),
    ..Defect::new("chunk-without-location", "The 202 of a chunk has no Location.")
};
