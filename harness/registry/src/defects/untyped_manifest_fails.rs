//! The defect `untyped-manifest-fails`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["K08"],
    breaks: &["PM10"],
    how: How::Answer(|asked, answer| {let untyped = answer.json().is_some_and(|manifest| manifest.get("schemaVersion").is_some() && manifest.get("mediaType").is_none());
 if asked.manifest().is_some() && asked.is_get() && untyped { *answer = Answer::refusal(500, "UNKNOWN"); }}),
    ..Defect::new("untyped-manifest-fails", "A manifest without mediaType is taken, and cannot be returned: 500.")
};
