//! The defect `no-push-by-digest`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["MP6"],
    how: How::Request(|asked| {(asked.manifest().is_some_and(|reference| reference.contains(':')) && asked.is_put()).then(|| Answer::refusal(400, "MANIFEST_INVALID"))}),
    ..Defect::new("no-push-by-digest", "Manifests can be pushed to tags only.")
};
