//! The defect `endless-upload-listing`.

use super::Defect;
use crate::context::Context;
use crate::storage::{Storage, StorageError};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["A04"],
    ..Defect::new("endless-upload-listing", "Pages of ListMultipartUploads are followed by upload-id-marker alone, and nobody notices a marker that does not move.")
};

/// distribution 3.1.1's loop.
pub(crate) async fn find(storage: &Storage, cx: &Context, key: &str) -> Result<Option<String>, StorageError> {
    let mut marker = String::new();
    loop {
        let markers: &[_] = if marker.is_empty() { &[] } else { &[("upload-id-marker", marker.as_str())] };
        let (uploads, next) = storage.list_uploads(cx, key, markers).await?;
        if let Some(upload) = uploads.into_iter().find(|upload| upload.key == key) {
            return Ok(Some(upload.id));
        }
        match next {
            Some((_, upload_marker)) => marker = upload_marker,
            None => return Ok(None),
        }
    }
}
