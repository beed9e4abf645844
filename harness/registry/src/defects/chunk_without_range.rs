//! The defect `chunk-without-range`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["CH8"],
    how: How::Answer(|asked, answer| {if asked.upload() && asked.is_patch() { answer.remove("range"); }}),
    ..Defect::new("chunk-without-range", "The 202 of a chunk has no Range.")
};
