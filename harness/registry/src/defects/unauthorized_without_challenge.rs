//! The defect `unauthorized-without-challenge`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["AP1"],
    how: How::Answer(|_, answer| answer.remove("www-authenticate")),
    ..Defect::new("unauthorized-without-challenge", "401 comes without WWW-Authenticate, so that clients cannot log in.")
};
