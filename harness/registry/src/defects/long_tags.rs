//! The defect `long-tags`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PM4"],
    how: How::Request(|asked| {let tag = asked.tag().filter(|tag| asked.is_put() && tag.len() > 128)?;
 let mut answer = Answer::new(201); answer.set("location", asked.path().replace(tag, &tag[..128])); Some(answer)}),
    ..Defect::new("long-tags", "Tags of more than 128 characters are taken.")
};
