//! The defect `manifest-reformatted`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["MP8", "PM10"],
    how: How::Answer(|asked, answer| {if asked.manifest().is_some() && asked.is_get() { answer.edit_json(|_| {}); }}),
    ..Defect::new("manifest-reformatted", "A manifest is parsed at its push and written anew at its pull, so it is no longer the one with the digest.")
};
