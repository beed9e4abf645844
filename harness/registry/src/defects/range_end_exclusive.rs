//! The defect `range-end-exclusive`.

use http::header;

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PB7"],
    how: How::Request(|asked| {let range = asked.header(header::RANGE)?;
 let (start, end) = range.rsplit_once('-')?;
 let end = end.parse::<u64>().ok()?.checked_sub(1)?;
 let value = format!("{start}-{end}").parse().ok()?;
 asked.head.headers.insert(header::RANGE, value);
 None}),
    ..Defect::new("range-end-exclusive", "The last byte of a range is left out.")
};
