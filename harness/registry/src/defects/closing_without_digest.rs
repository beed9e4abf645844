//! The defect `closing-without-digest`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["CH13"],
    how: How::Request(|asked| {(asked.upload() && asked.is_put() && asked.query("digest").is_none()).then(|| { let mut answer = Answer::new(201); answer.set("location", asked.path()); answer })}),
    ..Defect::new("closing-without-digest", "A PUT without a digest closes an upload.")
};
