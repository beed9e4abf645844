//! The defect `blob-without-location`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PP5", "CH14", "SP4"],
    how: How::Answer(|asked, answer| {if (asked.upload() || asked.uploads()) && answer.status() == 201 { answer.remove("location"); }}),
    ..Defect::new("blob-without-location", "The 201 of a blob has no Location.")
};
