//! The defect `create-200-html-panics`.

use super::{Defect, DefectSet};
use crate::storage::{Kind, Op, StorageError};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["B07"],
    ..Defect::new("create-200-html-panics", "A CreateMultipartUpload answer without UploadId makes the handler panic: the client's connection is closed without an answer.")
};

/// Whether the handler would have panicked.
pub(crate) fn panics(defects: &DefectSet, error: &StorageError) -> bool {
    defects.has(&DEFECT) && error.op == Op::CreateMultipartUpload && error.kind() == Kind::NotS3
}
