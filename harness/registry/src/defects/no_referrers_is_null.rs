//! The defect `no-referrers-is-null`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["RL10"],
    how: How::Answer(|asked, answer| {if asked.referrers().is_some() { answer.edit_json(|index| if index["manifests"].as_array().is_some_and(Vec::is_empty) { index["manifests"] = serde_json::Value::Null }); }}),
    ..Defect::new("no-referrers-is-null", "No referrers are null, not an empty list.")
};
