//! The defect `blob-digest-of-another`.

use shakedown_oci::Digest;

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PB3"],
    how: How::Answer(|asked, answer| {if asked.blob().is_some() && asked.is_get() && answer.status() == 200 { answer.set("docker-content-digest", Digest::of(b"another")); }}),
    ..Defect::new("blob-digest-of-another", "Docker-Content-Digest of a blob is the digest of something else.")
};
