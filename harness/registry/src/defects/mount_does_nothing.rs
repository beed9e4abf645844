//! The defect `mount-does-nothing`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["MO1"],
    how: How::Request(|asked| {let digest = asked.query("mount").filter(|_| asked.uploads() && asked.query("from").is_some())?;
 let digest = digest.replace("%3A", ":");
 let mut answer = Answer::new(201);
 answer.set("location", format!("/v2/{}/blobs/{digest}", asked.name()?));
 Some(answer)}),
    ..Defect::new("mount-does-nothing", "A mount is acknowledged, and nothing is mounted.")
};
