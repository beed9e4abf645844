//! The defect `unknown-manifest-is-empty`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PM14"],
    how: How::Answer(|asked, answer| {if asked.manifest().is_some() && asked.is_get() && answer.status() == 404 { answer.set_status(200); answer.set_bytes("{}"); }}),
    ..Defect::new("unknown-manifest-is-empty", "GET of an unknown manifest is answered 200 with an empty object.")
};
