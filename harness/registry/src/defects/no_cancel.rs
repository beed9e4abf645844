//! The defect `no-cancel`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["CA1"],
    how: How::Request(|asked| {(asked.upload() && asked.is_delete()).then(|| Answer::refusal(405, "UNSUPPORTED"))}),
    ..Defect::new("no-cancel", "DELETE of an upload is answered 405.")
};
