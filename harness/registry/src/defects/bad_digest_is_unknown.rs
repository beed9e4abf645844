//! The defect `bad-digest-is-unknown`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["BL1"],
    how: How::Answer(|_, answer| {if answer.has_code("DIGEST_INVALID") { *answer = Answer::refusal(404, "BLOB_UNKNOWN"); }
 }),
    ..Defect::new("bad-digest-is-unknown", "A malformed digest is 404, as if a blob could have it.")
};
