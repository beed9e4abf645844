//! The defect `no-upload-status`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["CH16"],
    how: How::Request(|asked| {(asked.upload() && asked.is_get()).then(|| Answer::refusal(405, "UNSUPPORTED"))}),
    ..Defect::new("no-upload-status", "GET of an upload is answered 405.")
};
