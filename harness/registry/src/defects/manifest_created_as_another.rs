//! The defect `manifest-created-as-another`.

use shakedown_oci::Digest;

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["MP10"],
    how: How::Answer(|asked, answer| {if asked.manifest().is_some() && answer.status() == 201 { answer.set("docker-content-digest", Digest::of(b"another")); }}),
    ..Defect::new("manifest-created-as-another", "Docker-Content-Digest of a new manifest is the digest of something else.")
};
