//! The defect `referrers-index-typed`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["RL8"],
    how: How::Answer(|asked, answer| {if asked.referrers().is_some() { answer.edit_list("/manifests", |list| { for entry in list.iter_mut().filter(|entry| entry.get("artifactType").is_none()) { entry["artifactType"] = entry["mediaType"].clone(); } }); }}),
    ..Defect::new("referrers-index-typed", "An index without artifactType is listed with its media type in that place.")
};
