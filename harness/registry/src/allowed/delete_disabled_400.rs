//! Allowed: `delete-disabled-400`.

use super::{Allowed, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "delete-disabled-400",
    about: "Nothing can be deleted: 400.",
    rules: &["DT2", "DM3", "DB3"],
    lacks: &["delete", "delete-tag", "delete-manifest", "delete-blob"],
    how: How::Request(|asked| {let deletes = asked.is_delete() && (asked.manifest().is_some() || asked.blob().is_some());
 deletes.then(|| Answer::refusal(400, "UNSUPPORTED"))}),
};
