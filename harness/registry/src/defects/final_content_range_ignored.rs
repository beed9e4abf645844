//! The defect `final-content-range-ignored`.

use http::header;

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["D03"],
    breaks: &["CH15"],
    how: How::Request(|asked| {if asked.upload() && asked.is_put() { asked.head.headers.remove(header::CONTENT_RANGE); }
 None}),
    ..Defect::new("final-content-range-ignored", "Content-Range of the closing PUT is not looked at.")
};
