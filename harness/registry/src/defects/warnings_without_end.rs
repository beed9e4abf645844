//! The defect `warnings-without-end`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["WN2"],
    how: How::Answer(|_, answer| { for _ in 0..5 { answer.add("warning", &format!("299 - \"{}\"", "x".repeat(1000))); } }),
    ..Defect::new("warnings-without-end", "One answer carries more than 4096 bytes of warnings.")
};
