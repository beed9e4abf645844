//! The defect `error-message-is-a-number`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["ER3"],
    how: How::Answer(|_, answer| {if answer.status() >= 400 { answer.edit_json(|body| body.pointer_mut("/errors/0/message").into_iter().for_each(|message| *message = "404".into())); }
 }),
    ..Defect::new("error-message-is-a-number", "The message of an error is a number.")
};
