//! The defect `small-chunks-refused`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["CH3"],
    how: How::Request(|asked| {(asked.upload() && asked.is_patch() && asked.length < Some(64 << 10)).then(|| Answer::refusal(400, "SIZE_INVALID"))}),
    ..Defect::new("small-chunks-refused", "Chunks under 64 KiB are refused, and no OCI-Chunk-Min-Length says so.")
};
