//! The defect `error-of-own-shape`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["ER1"],
    how: How::Answer(|_, answer| {if answer.status() >= 400 && answer.json().is_some() { answer.set_json(&serde_json::json!({ "error": "not found", "status": answer.status() })); }
 }),
    ..Defect::new("error-of-own-shape", "Error bodies are JSON of another shape.")
};
