//! The defect `five-tag-parameters`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["MP12"],
    how: How::Request(|asked| {let mut tags = 0;
 asked.retain_queries(|name| { tags += usize::from(name == "tag"); name != "tag" || tags <= 5 });
 None}),
    ..Defect::new("five-tag-parameters", "A push takes five tag parameters, and the others are dropped.")
};
