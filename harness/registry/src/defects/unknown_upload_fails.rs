//! The defect `unknown-upload-fails`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["AP1"],
    how: How::Answer(|asked, answer| {if asked.upload() && answer.has_code("BLOB_UPLOAD_UNKNOWN") { answer.set_status(500); }}),
    ..Defect::new("unknown-upload-fails", "An unknown upload is a 500.")
};
