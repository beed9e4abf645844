//! The defect `one-page-of-parts`.

use super::Defect;
use crate::context::Context;
use crate::storage::{Storage, StorageError};
use crate::uploads::{Session, UploadKeys};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["A17"],
    ..Defect::new("one-page-of-parts", "The parts of a session are read from the first page of ListParts, so an upload of many parts resumes at the wrong offset.")
};

/// Forgets what stands on later pages.
pub(crate) async fn after_load(
    storage: &Storage,
    cx: &Context,
    keys: &UploadKeys,
    session: &mut Session,
) -> Result<(), StorageError> {
    let tail = session.tail_len();
    let Some(multipart) = session.multipart.as_mut().filter(|_| !session.sealed && storage.defects().has(&DEFECT)) else {
        return Ok(());
    };
    let page = storage.list_parts(cx, &keys.data, &multipart.upload, None).await?;
    session.offset = page.iter().map(|part| part.size).sum::<u64>() + tail;
    multipart.etags = page.into_iter().map(|part| part.etag).collect();
    Ok(())
}
