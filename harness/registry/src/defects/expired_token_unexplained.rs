//! The defect `expired-token-unexplained`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["F01"],
    how: How::Answer(|_, answer| answer.map("www-authenticate", |challenge| challenge.replace(",error=\"invalid_token\"", ""))),
    ..Defect::new("expired-token-unexplained", "A refused token is answered as if none had come: without `error=\"invalid_token\"`.")
};
