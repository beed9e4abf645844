//! The defect `upload-begun-200`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PP1"],
    how: How::Answer(|asked, answer| {if asked.uploads() && answer.status() == 202 { answer.set_status(200); }}),
    ..Defect::new("upload-begun-200", "POST of an upload is answered 200.")
};
