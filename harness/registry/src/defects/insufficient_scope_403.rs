//! The defect `insufficient-scope-403`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["F05"],
    how: How::Answer(|_, answer| {
        if answer.header("www-authenticate").is_some_and(|challenge| challenge.contains("insufficient_scope")) {
            *answer = Answer::refusal(403, "DENIED");
        }
    }),
    ..Defect::new("insufficient-scope-403", "A token that grants too little is answered 403 instead of a challenge that says what is missing.")
};
