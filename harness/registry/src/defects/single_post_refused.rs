//! The defect `single-post-refused`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["SP3"],
    how: How::Request(|asked| {(asked.uploads() && asked.query("digest").is_some()).then(|| Answer::refusal(400, "UNSUPPORTED"))}),
    ..Defect::new("single-post-refused", "A blob in a single POST is refused.")
};
