//! The defect `error-code-in-small-letters`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["ER2"],
    how: How::Answer(|_, answer| {let lower = |code: &mut serde_json::Value| *code = code.as_str().unwrap_or_default().to_lowercase().into();
 if answer.status() >= 400 { answer.edit_json(|body| body.pointer_mut("/errors/0/code").into_iter().for_each(lower)); }
 }),
    ..Defect::new("error-code-in-small-letters", "Error codes are written in small letters.")
};
