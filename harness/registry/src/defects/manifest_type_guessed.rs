//! The defect `manifest-type-guessed`.

use shakedown_oci::media_type;

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PM8"],
    how: How::Answer(|asked, answer| {if asked.manifest().is_some() && answer.status() == 200 { answer.set("content-type", media_type::OCI_MANIFEST); }}),
    ..Defect::new("manifest-type-guessed", "Every manifest is returned as an OCI image manifest.")
};
