//! The defect `delete-does-nothing`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["DT1", "DM1", "DB1"],
    how: How::Request(|asked| {(asked.is_delete() && (asked.manifest().is_some() || asked.blob().is_some())).then(|| Answer::new(202))}),
    ..Defect::new("delete-does-nothing", "Deletes are acknowledged, and nothing goes.")
};
