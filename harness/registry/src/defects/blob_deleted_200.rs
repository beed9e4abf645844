//! The defect `blob-deleted-200`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["DB1"],
    how: How::Answer(|asked, answer| {if asked.blob().is_some() && asked.is_delete() && answer.status() == 202 { answer.set_status(200); }}),
    ..Defect::new("blob-deleted-200", "DELETE of a blob is answered 200.")
};
