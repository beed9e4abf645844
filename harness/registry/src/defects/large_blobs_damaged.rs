//! The defect `large-blobs-damaged`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PB1"],
    how: How::Answer(|asked, answer| {let length = answer.header("content-length").and_then(|length| length.parse::<u64>().ok());
 if asked.blob().is_some() && asked.is_get() && length > Some(8192) { answer.damage(); }}),
    ..Defect::new("large-blobs-damaged", "Blobs over 8 KiB come back with a wrong byte.")
};
