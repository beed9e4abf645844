//! The defect `impossible-mount-404`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["MO3"],
    how: How::Answer(|asked, answer| {if asked.uploads() && asked.query("mount").is_some() && answer.status() == 202 { *answer = Answer::refusal(404, "BLOB_UNKNOWN"); }}),
    ..Defect::new("impossible-mount-404", "A mount that is not possible is answered 404.")
};
