//! Allowed: `unknown-repository-is-empty`.

use super::{Allowed, How};

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "unknown-repository-is-empty",
    about: "The tags of an unknown repository are an empty list, not a 404.",
    rules: &["TL1"],
    lacks: &[],
    how: How::Answer(|asked, answer| {if let (true, Some(name)) = (asked.tags() && answer.has_code("NAME_UNKNOWN"), asked.name()) { answer.set_status(200); answer.set_json(&serde_json::json!({ "name": name, "tags": [] })); }}),
};
