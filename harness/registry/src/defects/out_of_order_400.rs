//! The defect `out-of-order-400`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["CH11", "CH15"],
    how: How::Answer(|asked, answer| {if asked.upload() && answer.status() == 416 { answer.set_status(400); }}),
    ..Defect::new("out-of-order-400", "A chunk that does not follow the last one is answered 400.")
};
