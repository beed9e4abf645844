//! The defect `no-push`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["RQ2"],
    how: How::Request(|asked| {(asked.uploads() || asked.upload() || asked.manifest().is_some() && asked.is_put()).then(|| Answer::refusal(405, "UNSUPPORTED"))}),
    ..Defect::new("no-push", "Nothing can be pushed: every request that would is answered 405.")
};
