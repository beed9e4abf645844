//! Reads the small objects that point to content. A link is a digest, or it is damaged, or it was not the store that answered: three
//! different things (incidents B08, I04).

use shakedown_oci::Digest;
use tokio::time::sleep;

use crate::context::Context;
use crate::defects::{html_link_is_absent, stub_is_empty_blob};
use crate::registry::App;
use crate::storage::{Kind, StorageError};

/// More than any link holds; a page of a portal fits, so that it can be told apart.
const LIMIT: usize = 256 << 10;

/// What the link at `key` points to; `None` if there is no link, or one that points nowhere.
pub(crate) async fn read(app: &App, cx: &Context, key: &str) -> Result<Option<Digest>, StorageError> {
    for attempt in 1..=app.storage.retry().attempts {
        let link = match app.storage.get(cx, key, LIMIT).await {
            Err(error) if error.kind() == Kind::NotS3 && app.config.defects.has(&html_link_is_absent::DEFECT) => {
                return Ok(None);
            }
            other => other?,
        };
        let Some(link) = link else { return Ok(None) };
        let text = std::str::from_utf8(&link.bytes).unwrap_or_default().trim();
        if let Ok(digest) = text.parse() {
            return Ok(Some(digest));
        }
        if app.config.defects.has(&html_link_is_absent::DEFECT) {
            return Ok(None);
        }
        if link.is_as_stored() {
            let class = crate::layout::class_of(key);
            cx.warn(&format!(
                "a {class} link holds {} bytes that are no digest: taken as absent; a push heals it",
                link.bytes.len()
            ));
            return Ok(None);
        }
        sleep(app.storage.pause(attempt, None)).await;
    }
    Err(app.storage.read_trouble(
        cx,
        key,
        Kind::NotS3,
        "what is read in place of a link is no digest, and the store does not vouch for it",
    ))
}

/// The size of the blob with the digest `content`; `None` if it is not there. An object without a byte under the digest of some bytes is a
/// stub of somebody's (incident G09), and no blob: it counts as absent, so that a push heals it.
pub(crate) async fn blob_size(app: &App, cx: &Context, content: &Digest) -> Result<Option<u64>, StorageError> {
    let size = app.storage.size(cx, &app.layout.blob(content)).await?;
    Ok(size.filter(|size| !is_stub(app, cx, content, *size)))
}

/// True for an object of `size` bytes that cannot be the blob.
pub(crate) fn is_stub(app: &App, cx: &Context, content: &Digest, size: u64) -> bool {
    let stub = size == 0 && *content != Digest::with(content.algorithm(), b"");
    if stub {
        cx.warn("an object of no bytes stands in the place of a blob: taken as absent; a push heals it");
    }
    stub && !app.config.defects.has(&stub_is_empty_blob::DEFECT)
}
