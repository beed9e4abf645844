//! The defect `no-head`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["EX1"],
    how: How::Request(|asked| {(asked.is_head() && !asked.base()).then(|| Answer::refusal(405, "UNSUPPORTED"))}),
    ..Defect::new("no-head", "HEAD is answered 405.")
};
