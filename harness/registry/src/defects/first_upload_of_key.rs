//! The defect `first-upload-of-key`.

use super::Defect;
use crate::context::Context;
use crate::storage::{Storage, StorageError};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["A06"],
    ..Defect::new("first-upload-of-key", "The first listed upload of the session's key is taken for its own, also when it is a stranger's.")
};

/// Pages rightly, and takes the first.
pub(crate) async fn find(storage: &Storage, cx: &Context, key: &str) -> Result<Option<String>, StorageError> {
    let mut markers = (String::new(), String::new());
    loop {
        let sent = [("key-marker", markers.0.as_str()), ("upload-id-marker", markers.1.as_str())];
        let (uploads, next) = storage.list_uploads(cx, key, if markers.0.is_empty() { &[] } else { &sent }).await?;
        if let Some(upload) = uploads.into_iter().find(|upload| upload.key == key) {
            return Ok(Some(upload.id));
        }
        match next {
            Some(next) if next != markers => markers = next,
            _ => return Ok(None),
        }
    }
}
