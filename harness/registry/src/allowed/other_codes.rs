//! Allowed: `other-codes`.

use super::{Allowed, How};

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "other-codes",
    about: "Refusals carry other codes of the table, other messages, and no detail.",
    rules: &["ER4"],
    lacks: &[],
    how: How::Answer(|_, answer| {let other = |code: &str| match code { "MANIFEST_UNKNOWN" | "BLOB_UNKNOWN" | "BLOB_UPLOAD_UNKNOWN" => Some("NAME_UNKNOWN"), "DIGEST_INVALID" | "SIZE_INVALID" | "NAME_INVALID" => Some("MANIFEST_INVALID"), "BLOB_UPLOAD_INVALID" => Some("SIZE_INVALID"), _ => None };
 let code = answer.json().and_then(|body| other(body.pointer("/errors/0/code")?.as_str()?));
 if let (true, Some(code)) = (answer.status() >= 400, code) { answer.set_json(&serde_json::json!({ "errors": [{ "code": code, "message": "that is not possible" }] })); }}),
};
