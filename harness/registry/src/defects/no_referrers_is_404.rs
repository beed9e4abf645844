//! The defect `no-referrers-is-404`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["RL1", "RL2", "RL10"],
    how: How::Answer(|asked, answer| {let none = answer.json().is_some_and(|index| index["manifests"].as_array().is_some_and(Vec::is_empty));
 if asked.referrers().is_some() && none { *answer = Answer::refusal(404, "MANIFEST_UNKNOWN"); }}),
    ..Defect::new("no-referrers-is-404", "A manifest without referrers is answered 404.")
};
