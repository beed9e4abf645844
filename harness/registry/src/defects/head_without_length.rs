//! The defect `head-without-length`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["EX3"],
    how: How::Answer(|asked, answer| {if asked.is_head() { answer.set_chunked(); }}),
    ..Defect::new("head-without-length", "HEAD carries no Content-Length.")
};
