//! The defect `manifest-created-200`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["MP9"],
    how: How::Answer(|asked, answer| {if asked.manifest().is_some() && answer.status() == 201 { answer.set_status(200); }}),
    ..Defect::new("manifest-created-200", "PUT of a manifest is answered 200.")
};
