//! The defect `head-without-digest`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["EX2"],
    how: How::Answer(|asked, answer| {if asked.is_head() { answer.remove("docker-content-digest"); }}),
    ..Defect::new("head-without-digest", "HEAD carries no Docker-Content-Digest.")
};
