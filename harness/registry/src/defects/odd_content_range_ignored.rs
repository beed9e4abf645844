//! The defect `odd-content-range-ignored`.

use http::header;
use shakedown_oci::ContentRange;

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["CH6"],
    how: How::Request(|asked| {let odd = asked.header(header::CONTENT_RANGE)?.parse::<ContentRange>().is_err();
 if odd { asked.head.headers.remove(header::CONTENT_RANGE); }
 None}),
    ..Defect::new("odd-content-range-ignored", "A Content-Range that cannot be read counts as absent.")
};
