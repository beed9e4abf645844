//! The defect `no-tags`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["TL1"],
    how: How::Request(|asked| {asked.tags().then(|| Answer::refusal(404, "UNSUPPORTED"))}),
    ..Defect::new("no-tags", "Tags are not listed.")
};
