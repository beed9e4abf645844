//! The defect `no-chunks`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["RQ3", "CH8"],
    how: How::Request(|asked| {(asked.upload() && asked.is_patch()).then(|| Answer::refusal(405, "UNSUPPORTED"))}),
    ..Defect::new("no-chunks", "PATCH of an upload is answered 405, though POST and PUT are there.")
};
