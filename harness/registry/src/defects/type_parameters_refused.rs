//! The defect `type-parameters-refused`.

use http::header;

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["MP3"],
    how: How::Request(|asked| {let odd = asked.header(header::CONTENT_TYPE).is_some_and(|value| value.contains(';'));
 (odd && asked.manifest().is_some() && asked.is_put()).then(|| Answer::refusal(400, "MANIFEST_INVALID"))}),
    ..Defect::new("type-parameters-refused", "A manifest whose Content-Type has parameters is refused.")
};
