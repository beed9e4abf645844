//! The defect `head-of-manifests-is-html`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["K07"],
    breaks: &["EX3"],
    how: How::Answer(|asked, answer| {if asked.is_head() && asked.manifest().is_some() && answer.status() == 200 { answer.set("content-type", "text/html; charset=utf-8"); answer.set("content-length", 0); }}),
    ..Defect::new("head-of-manifests-is-html", "HEAD of a manifest is answered with text/html and Content-Length 0.")
};
