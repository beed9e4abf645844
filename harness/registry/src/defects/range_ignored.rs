//! The defect `range-ignored`.

use http::header;

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PB7"],
    how: How::Request(|asked| {if asked.blob().is_some() { asked.head.headers.remove(header::RANGE); }
 None}),
    ..Defect::new("range-ignored", "Range is not looked at: a part of a blob is the whole.")
};
