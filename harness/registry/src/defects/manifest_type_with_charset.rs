//! The defect `manifest-type-with-charset`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PM6"],
    how: How::Answer(|asked, answer| {if asked.manifest().is_some() && answer.status() == 200 { answer.map("content-type", |value| format!("{value}; charset=utf-8")); }}),
    ..Defect::new("manifest-type-with-charset", "The Content-Type of a manifest carries a charset.")
};
