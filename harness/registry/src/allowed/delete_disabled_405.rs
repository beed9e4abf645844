//! Allowed: `delete-disabled-405`.

use super::{Allowed, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "delete-disabled-405",
    about: "Nothing can be deleted: 405.",
    rules: &["DT2", "DM3", "DB3"],
    lacks: &["delete", "delete-tag", "delete-manifest", "delete-blob"],
    how: How::Request(|asked| {let deletes = asked.is_delete() && (asked.manifest().is_some() || asked.blob().is_some());
 deletes.then(|| Answer::refusal(405, "UNSUPPORTED"))}),
};
