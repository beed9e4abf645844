//! The defect `error-code-of-own`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["ER4"],
    how: How::Answer(|_, answer| {if answer.status() >= 400 { answer.edit_json(|body| body.pointer_mut("/errors/0/code").into_iter().for_each(|code| *code = "RESOURCE_NOT_FOUND".into())); }
 }),
    ..Defect::new("error-code-of-own", "Error codes are of the registry's own making.")
};
