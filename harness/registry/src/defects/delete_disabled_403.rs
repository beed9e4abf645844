//! The defect `delete-disabled-403`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["DT2", "DM3", "DB3"],
    how: How::Answer(|asked, answer| {if asked.is_delete() && answer.has_code("UNSUPPORTED") { *answer = Answer::refusal(403, "DENIED"); }}),
    ..Defect::new("delete-disabled-403", "Deletes that are switched off are answered 403.")
};
