//! The defect `cancel-does-nothing`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["CA1"],
    how: How::Request(|asked| {(asked.upload() && asked.is_delete()).then(|| Answer::new(204))}),
    ..Defect::new("cancel-does-nothing", "DELETE of an upload is answered 204, and the upload stays.")
};
