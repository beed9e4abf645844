//! The defect `manifest-without-location`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["MP9"],
    how: How::Answer(|asked, answer| {if asked.manifest().is_some() && answer.status() == 201 { answer.remove("location"); }}),
    ..Defect::new("manifest-without-location", "The 201 of a manifest has no Location.")
};
