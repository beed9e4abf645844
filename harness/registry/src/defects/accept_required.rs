//! The defect `accept-required`.

use http::header;

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PM10"],
    how: How::Request(|asked| {let listed = asked.header(header::ACCEPT).is_some_and(|accept| accept.contains("manifest"));
 (asked.manifest().is_some() && (asked.is_get() || asked.is_head()) && !listed).then(|| Answer::refusal(404, "MANIFEST_UNKNOWN"))}),
    ..Defect::new("accept-required", "A manifest is found only by who accepts its type in so many words.")
};
