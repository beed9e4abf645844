//! The defect `unknown-blob-is-empty`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PB6"],
    how: How::Answer(|asked, answer| {if asked.blob().is_some() && asked.is_get() && answer.status() == 404 { *answer = Answer::new(200); }}),
    ..Defect::new("unknown-blob-is-empty", "GET of an unknown blob is answered 200 without a byte.")
};
