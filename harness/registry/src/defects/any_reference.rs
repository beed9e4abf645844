//! The defect `any-reference`.

use shakedown_oci::Reference;

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PM2", "MP6"],
    how: How::Request(|asked| {let reference = asked.manifest().filter(|_| asked.is_put())?;
 reference.parse::<Reference>().is_err().then(|| { let mut answer = Answer::new(201); answer.set("location", asked.path()); answer })}),
    ..Defect::new("any-reference", "A manifest may be pushed to anything, not only to tags and digests.")
};
