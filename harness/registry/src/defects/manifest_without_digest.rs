//! The defect `manifest-without-digest`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PM11"],
    how: How::Answer(|asked, answer| {if asked.manifest().is_some() && asked.is_get() { answer.remove("docker-content-digest"); }}),
    ..Defect::new("manifest-without-digest", "GET of a manifest carries no Docker-Content-Digest.")
};
