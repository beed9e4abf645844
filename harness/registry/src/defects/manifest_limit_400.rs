//! The defect `manifest-limit-400`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["MP16"],
    how: How::Answer(|asked, answer| {if asked.manifest().is_some() && answer.status() == 413 { answer.set_status(400); }}),
    ..Defect::new("manifest-limit-400", "A manifest over the limit is answered 400.")
};
