//! The defect `error-inside-body`.

use bytes::Bytes;

use super::{Defect, DefectSet};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["H02", "H05"],
    ..Defect::new("error-inside-body", "When the store breaks off within a blob, an error in JSON follows the bytes that were sent.")
};

/// What follows the bytes.
pub(crate) fn words(defects: &DefectSet) -> Option<Bytes> {
    let words = r#"{"errors":[{"code":"UNKNOWN","message":"unknown error","detail":{}}]}"#;
    defects.has(&DEFECT).then(|| Bytes::from_static(words.as_bytes()))
}
