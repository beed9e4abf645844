//! The defect `empty-complete`.

use super::Defect;
use crate::context::Context;
use crate::storage::{Storage, StorageError};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["A12"],
    ..Defect::new("empty-complete", "An empty blob is made by completing an upload without parts, which S3 refuses as MalformedXML.")
};

/// An upload of nothing.
pub(crate) async fn place(storage: &Storage, cx: &Context, key: &str) -> Result<(), StorageError> {
    let upload = storage.create_upload(cx, key).await?;
    let completed = storage.complete_upload(cx, key, &upload, &[]).await;
    if completed.is_err() {
        storage.abort_upload(cx, key, &upload).await?;
    }
    completed
}
