//! The defect `chunk-answered-204`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["CH8"],
    how: How::Answer(|asked, answer| {if asked.upload() && asked.is_patch() && answer.status() == 202 { answer.set_status(204); answer.remove("content-length"); }}),
    ..Defect::new("chunk-answered-204", "A chunk is answered 204.")
};
