//! The defect `uploads-listed-by-directory`.

use super::{Defect, find_upload_by_listing};
use crate::context::Context;
use crate::storage::{Storage, StorageError};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["A05"],
    ..Defect::new("uploads-listed-by-directory", "The upload id is looked for in a listing of the session's directory; stores that list by exact key only show nothing.")
};

/// Lists by the directory's prefix.
pub(crate) async fn find(storage: &Storage, cx: &Context, key: &str) -> Result<Option<String>, StorageError> {
    let directory = key.rsplit_once('/').map_or(key, |(directory, _)| directory);
    find_upload_by_listing::on_first_page(storage, cx, &format!("{directory}/"), key).await
}
