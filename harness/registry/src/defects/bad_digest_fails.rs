//! The defect `bad-digest-fails`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["BL1"],
    how: How::Answer(|asked, answer| {if answer.has_code("DIGEST_INVALID") && asked.blob().is_some() { answer.set_status(500); }}),
    ..Defect::new("bad-digest-fails", "A malformed digest is a 500.")
};
