//! The defect `single-post-201-for-nothing`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["SP2", "SP4"],
    how: How::Request(|asked| {let digest = asked.query("digest").filter(|_| asked.uploads())?;
 let mut answer = Answer::new(201);
 answer.set("location", format!("/v2/{}/blobs/{digest}", asked.name()?));
 Some(answer)}),
    ..Defect::new("single-post-201-for-nothing", "A blob in a single POST is acknowledged and not stored.")
};
