//! The defect `range-fails`.

use http::header;

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["K04"],
    breaks: &["PB7"],
    how: How::Request(|asked| {(asked.blob().is_some() && asked.head.headers.contains_key(header::RANGE)).then(|| Answer::refusal(500, "UNKNOWN"))}),
    ..Defect::new("range-fails", "Any Range header is a 500.")
};
