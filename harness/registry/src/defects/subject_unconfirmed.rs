//! The defect `subject-unconfirmed`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["MS1"],
    how: How::Answer(|asked, answer| {if asked.is_put() { answer.remove("oci-subject"); }}),
    ..Defect::new("subject-unconfirmed", "A subject is not confirmed by OCI-Subject.")
};
