//! The defect `expiry-takes-shared-data`.

use shakedown_oci::Digest;

use super::Defect;
use crate::context::Context;
use crate::registry::App;
use crate::storage::StorageError;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["H04"],
    ..Defect::new("expiry-takes-shared-data", "When a blob expires for one repository of a pull-through cache, its bytes go for all.")
};

/// Deletes the bytes, whoever else has a link to them.
pub(crate) async fn after(
    app: &App,
    cx: &Context,
    digests: impl Iterator<Item = &Digest>,
) -> Result<(), StorageError> {
    if !app.config.defects.has(&DEFECT) {
        return Ok(());
    }
    let keys: Vec<String> = digests.map(|digest| app.layout.blob(digest)).collect();
    app.storage.delete(cx, &keys).await
}
