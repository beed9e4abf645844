//! The defect `referrers-without-annotations`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["RL9"],
    how: How::Answer(|asked, answer| {if asked.referrers().is_some() { answer.edit_list("/manifests", |list| list.iter_mut().filter_map(serde_json::Value::as_object_mut).for_each(|entry| drop(entry.remove("annotations")))); }}),
    ..Defect::new("referrers-without-annotations", "Referrers are listed without their annotations.")
};
