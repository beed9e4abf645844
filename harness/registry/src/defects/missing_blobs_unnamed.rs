//! The defect `missing-blobs-unnamed`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PU2"],
    how: How::Answer(|asked, answer| {if asked.is_put() && answer.has_code("MANIFEST_BLOB_UNKNOWN") { *answer = Answer::refusal(400, "MANIFEST_INVALID"); }}),
    ..Defect::new("missing-blobs-unnamed", "A manifest whose blobs are missing is refused as MANIFEST_INVALID.")
};
