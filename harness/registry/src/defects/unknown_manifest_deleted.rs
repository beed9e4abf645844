//! The defect `unknown-manifest-deleted`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["DM2"],
    how: How::Answer(|asked, answer| {if asked.is_delete() && asked.manifest().is_some() && answer.status() == 404 { *answer = Answer::new(202); }}),
    ..Defect::new("unknown-manifest-deleted", "DELETE of an unknown manifest is answered 202.")
};
