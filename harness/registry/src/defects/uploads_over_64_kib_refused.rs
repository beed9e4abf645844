//! The defect `uploads-over-64-kib-refused`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PP5"],
    how: How::Request(|asked| {let large = asked.length > Some(64 << 10);
 (large && (asked.upload() || asked.uploads())).then(|| Answer::refusal(413, "SIZE_INVALID"))}),
    ..Defect::new("uploads-over-64-kib-refused", "Requests of more than 64 KiB are refused.")
};
