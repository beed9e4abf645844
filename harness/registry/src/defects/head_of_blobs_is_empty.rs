//! The defect `head-of-blobs-is-empty`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["K06"],
    breaks: &["EX2", "EX3"],
    how: How::Answer(|asked, answer| {if asked.is_head() && asked.blob().is_some() && answer.status() == 200 { answer.remove("docker-content-digest"); answer.set("content-length", 0); }}),
    ..Defect::new("head-of-blobs-is-empty", "HEAD of a blob is answered 200 with Content-Length 0 and without a digest.")
};
