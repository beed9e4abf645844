//! The defect `unknown-blob-deleted`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["DB2"],
    how: How::Answer(|asked, answer| {if asked.is_delete() && asked.blob().is_some() && answer.status() == 404 { *answer = Answer::new(202); }}),
    ..Defect::new("unknown-blob-deleted", "DELETE of an unknown blob is answered 202.")
};
