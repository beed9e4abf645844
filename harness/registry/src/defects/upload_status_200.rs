//! The defect `upload-status-200`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["CH16"],
    how: How::Answer(|asked, answer| {if asked.upload() && asked.is_get() && answer.status() == 204 { answer.set_status(200); }}),
    ..Defect::new("upload-status-200", "GET of an upload is answered 200.")
};
