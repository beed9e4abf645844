//! The defect `any-name`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PM3"],
    how: How::Request(|asked| {let begins = asked.is_post() && asked.path().ends_with("/blobs/uploads/");
 (begins && !asked.uploads()).then(|| { let mut answer = Answer::new(202); answer.set("location", format!("{}c0de", asked.path())); answer })}),
    ..Defect::new("any-name", "Uploads begin under names that the grammar does not allow.")
};
