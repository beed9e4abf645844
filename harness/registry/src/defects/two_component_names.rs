//! The defect `two-component-names`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PM3"],
    how: How::Request(|asked| {asked.name().is_some_and(|name| name.to_string().matches('/').count() > 1).then(|| Answer::refusal(400, "NAME_INVALID"))}),
    ..Defect::new("two-component-names", "Repository names of more than two components are refused.")
};
