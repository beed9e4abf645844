//! The defect `warning-with-date`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["WN1"],
    how: How::Answer(|_, answer| answer.add("warning", "299 registry \"this tag will go\" \"Wed, 21 Oct 2026 07:28:00 GMT\"")),
    ..Defect::new("warning-with-date", "Warnings name an agent and end with a date, as RFC 9111 once had it.")
};
