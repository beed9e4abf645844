//! The defect `blob-location-leads-nowhere`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PP5", "CH14"],
    how: How::Answer(|asked, answer| {if (asked.upload() || asked.uploads()) && answer.status() == 201 { answer.map("location", |location| location.replace("/blobs/", "/layers/")); }}),
    ..Defect::new("blob-location-leads-nowhere", "The Location of a new blob cannot be pulled.")
};
