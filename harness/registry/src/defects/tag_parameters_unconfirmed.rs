//! The defect `tag-parameters-unconfirmed`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["MP13"],
    how: How::Answer(|asked, answer| {if asked.manifest().is_some() && asked.is_put() { answer.remove("oci-tag"); }}),
    ..Defect::new("tag-parameters-unconfirmed", "Tag parameters are taken, and no OCI-Tag says so.")
};
