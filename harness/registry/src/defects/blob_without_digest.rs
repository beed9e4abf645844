//! The defect `blob-without-digest`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PB2"],
    how: How::Answer(|asked, answer| {if asked.blob().is_some() && asked.is_get() { answer.remove("docker-content-digest"); }}),
    ..Defect::new("blob-without-digest", "GET of a blob carries no Docker-Content-Digest.")
};
