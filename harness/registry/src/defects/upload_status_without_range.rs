//! The defect `upload-status-without-range`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["CH16"],
    how: How::Answer(|asked, answer| {if asked.upload() && asked.is_get() { answer.remove("range"); }}),
    ..Defect::new("upload-status-without-range", "GET of an upload does not say how far it is.")
};
