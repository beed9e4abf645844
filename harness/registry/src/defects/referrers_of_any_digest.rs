//! The defect `referrers-of-any-digest`.

use shakedown_oci::media_type;

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["RL3"],
    how: How::Answer(|asked, answer| {if asked.referrers().is_some() && answer.status() == 400 { *answer = Answer::new(200); answer.set("content-type", media_type::OCI_INDEX); answer.set_json(&serde_json::json!({ "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": [] })); }}),
    ..Defect::new("referrers-of-any-digest", "Referrers of a malformed digest are an empty list.")
};
