//! The defect `manifest-deleted-204`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["DM1"],
    how: How::Answer(|asked, answer| {if asked.manifest().is_some() && asked.tag().is_none() && asked.is_delete() && answer.status() == 202 { *answer = Answer::new(204); answer.remove("content-length"); }}),
    ..Defect::new("manifest-deleted-204", "DELETE of a manifest is answered 204.")
};
