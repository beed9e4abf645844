//! The defect `tag-sha256-fails`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["K09"],
    breaks: &["PM4"],
    how: How::Request(|asked| {(asked.tag() == Some("sha256")).then(|| Answer::refusal(500, "UNKNOWN"))}),
    ..Defect::new("tag-sha256-fails", "A tag called sha256 meets the folder of digests: 500.")
};
