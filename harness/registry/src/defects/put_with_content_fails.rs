//! The defect `put-with-content-fails`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["K05"],
    breaks: &["PP5"],
    how: How::Request(|asked| {(asked.upload() && asked.is_put() && asked.length != Some(0)).then(|| Answer::refusal(500, "UNKNOWN"))}),
    ..Defect::new("put-with-content-fails", "A PUT of an upload that brings the blob is a 500; only PATCH brings bytes.")
};
