//! The defect `manifests-not-by-digest`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PM1", "RQ1"],
    how: How::Request(|asked| {(asked.manifest().is_some_and(|reference| reference.contains(':')) && (asked.is_get() || asked.is_head())).then(|| Answer::refusal(404, "MANIFEST_UNKNOWN"))}),
    ..Defect::new("manifests-not-by-digest", "Manifests are found by tag only.")
};
