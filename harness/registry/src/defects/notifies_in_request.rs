//! The defect `notifies-in-request`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["J05"],
    ..Defect::new("notifies-in-request", "A request is answered when every notification endpoint has been told, or has been tried often enough.")
};
