//! The defect `find-upload-by-listing`, and what its relatives share: the session's upload is looked for in ListMultipartUploads.

use super::{Defect, endless_upload_listing, first_upload_of_key, uploads_listed_by_directory};
use crate::context::Context;
use crate::storage::{Kind, Storage, StorageError};
use crate::uploads::{Multipart, Session, Target, UploadKeys};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["A01", "A02", "A03", "A05"],
    ..Defect::new("find-upload-by-listing", "The upload id is not kept; each PATCH and PUT looks for it on the first page of ListMultipartUploads and answers 500 if it is not there.")
};

fn looks_in_listings(storage: &Storage) -> bool {
    [&DEFECT, &endless_upload_listing::DEFECT, &uploads_listed_by_directory::DEFECT, &first_upload_of_key::DEFECT]
        .into_iter()
        .any(|defect| storage.defects().has(defect))
}

/// At POST: the upload is opened at once, as distribution does.
pub(crate) async fn at_start(
    storage: &Storage,
    cx: &Context,
    keys: &UploadKeys,
    session: &mut Session,
) -> Result<(), StorageError> {
    if looks_in_listings(storage) {
        let upload = storage.create_upload(cx, &keys.data).await?;
        let part_size = storage.config().part_size;
        session.multipart = Some(Multipart { target: Target::Data, upload, part_size, etags: Vec::new() });
    }
    Ok(())
}

/// When a session is loaded: the id it holds is thrown away and looked for.
pub(crate) async fn after_load(
    storage: &Storage,
    cx: &Context,
    keys: &UploadKeys,
    session: &mut Session,
) -> Result<(), StorageError> {
    let Some(multipart) = session.multipart.as_mut().filter(|_| !session.sealed && looks_in_listings(storage)) else {
        return Ok(());
    };
    let defects = storage.defects();
    let found = if defects.has(&endless_upload_listing::DEFECT) {
        endless_upload_listing::find(storage, cx, &keys.data).await?
    } else if defects.has(&uploads_listed_by_directory::DEFECT) {
        uploads_listed_by_directory::find(storage, cx, &keys.data).await?
    } else if defects.has(&first_upload_of_key::DEFECT) {
        first_upload_of_key::find(storage, cx, &keys.data).await?
    } else {
        on_first_page(storage, cx, &keys.data, &keys.data).await?
    };
    match found {
        Some(id) => multipart.upload = id,
        None => return Err(storage.read_trouble(cx, &keys.data, Kind::Refused, "Path not found: the upload is not listed")),
    }
    Ok(())
}

/// The first upload of `key` on the first page below `prefix`.
pub(crate) async fn on_first_page(
    storage: &Storage,
    cx: &Context,
    prefix: &str,
    key: &str,
) -> Result<Option<String>, StorageError> {
    let (uploads, _) = storage.list_uploads(cx, prefix, &[]).await?;
    Ok(uploads.into_iter().find(|upload| upload.key == key).map(|upload| upload.id))
}
