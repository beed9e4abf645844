//! The defect `blob-created-200`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PP5", "CH14"],
    how: How::Answer(|asked, answer| {if asked.upload() && answer.status() == 201 { answer.set_status(200); }}),
    ..Defect::new("blob-created-200", "PUT that closes an upload is answered 200.")
};
