//! Objects: put, head, whole reads.

use crate::answer::Prepared as _;
use crate::ask::Ask;
use crate::calls::{Version, content_md5, driver, entries, etag};
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, Probe, Severities, Severity, due};
use crate::profile::Profile;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "obj.put_driver_headers",
        title: "An object is put with the headers of the drivers: ACL, storage class, Content-MD5",
        breaks: "every write; the ACL cannot be switched off, the storage class can",
        severity: Severities::only(Profile::DRIVER, Severity::Blocker),
        source: &["minio#6273", "minio#6477"],
        level: Level::Quick,
        requests: [2; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(driver_headers(cx)),
    },
    Probe {
        id: "obj.put_no_storageclass",
        title: "The same without a storage class",
        breaks: "nothing by itself: it tells whether storageclass: NONE helps",
        severity: Severities::all(Severity::Info),
        source: &[],
        level: Level::Quick,
        requests: [1; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(no_storage_class(cx)),
    },
    Probe {
        id: "obj.bad_md5",
        title: "An object whose Content-MD5 is wrong is refused and not stored",
        breaks: "bytes that change on their way in are stored unseen",
        severity: Severities::all(Severity::Degraded),
        source: &[],
        level: Level::Quick,
        requests: [2; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(bad_md5(cx)),
    },
    Probe {
        id: "obj.head",
        title: "HEAD tells the exact length and the date, and has no body",
        breaks: "distribution 3's Stat, zot, Quay and Gitea",
        severity: Severities::all(Severity::Blocker).and(Profile::D28, Severity::Info),
        source: &[],
        level: Level::Quick,
        requests: [2; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(head(cx)),
    },
    Probe {
        id: "obj.zero_byte",
        title: "An object of no bytes is an object",
        breaks: "zot's deduplication, empty blobs",
        severity: Severities::all(Severity::Degraded).and(&[Profile::Zot], Severity::Blocker),
        source: &[],
        level: Level::Quick,
        requests: [3; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(zero_byte(cx)),
    },
    Probe {
        id: "obj.no_transform",
        title: "What compresses well comes back as it was, whatever the client accepts",
        breaks: "sizes that differ between listing and content: BLOB_UPLOAD_INVALID",
        severity: Severities::all(Severity::Blocker),
        source: &["distribution#4546"],
        level: Level::Quick,
        requests: [4; 3],
        bytes: [4 * SMALL; 3],
        run: |cx| Box::pin(no_transform(cx)),
    },
];

async fn driver_headers(cx: &Cx) -> Check {
    let (key, bytes) = (cx.key("startedat"), cx.content("it", 71));
    let ask = Ask::put(&key, bytes.clone()).header("content-md5", &content_md5(&bytes));
    etag(cx.send(driver(ask)).await?.status(200)?)?;
    cx.reads(&key, &bytes).await
}

async fn no_storage_class(cx: &Cx) -> Check {
    let bytes = cx.content("it", 71);
    let md5 = content_md5(&bytes);
    let ask = Ask::put(&cx.key("object"), bytes).header("x-amz-acl", "private").header("content-md5", &md5);
    cx.send(ask).await?.status(200).map(drop)
}

async fn bad_md5(cx: &Cx) -> Check {
    let key = cx.key("object");
    let ask = Ask::put(&key, cx.content("it", 71)).header("content-md5", &content_md5(b"something else"));
    let reply = cx.send(driver(ask)).await?;
    due!(reply.status >= 400, "a PUT whose Content-MD5 is wrong answered {}; 400 was due", reply.seen());
    let stored = cx.head(&key).await?;
    due!(stored.status != 200, "a PUT whose Content-MD5 is wrong was refused, and its bytes are stored");
    Ok(())
}

async fn head(cx: &Cx) -> Check {
    let key = cx.key("object");
    cx.put(&key, cx.content("it", 1000)).await.prepared()?;
    let reply = cx.head(&key).await?;
    reply.status(200)?;
    let length = reply.header("content-length");
    due!(length == "1000", "HEAD of 1000 bytes has Content-Length {length:?}");
    due!(reply.body.is_empty(), "the answer to HEAD has a body");
    let dated = httpdate::parse_http_date(reply.header("last-modified")).is_ok();
    due!(dated, "HEAD has Last-Modified {:?}, which is no date", reply.header("last-modified"));
    Ok(())
}

async fn zero_byte(cx: &Cx) -> Check {
    let key = cx.key("object");
    cx.put(&key, "").await?;
    let reply = cx.head(&key).await?;
    // The length of nothing need not be said in an answer to HEAD; a HEAD that fails is obj.head's.
    let length = reply.header("content-length");
    due!(
        reply.status != 200 || matches!(length, "0" | ""),
        "HEAD of an object of no bytes has Content-Length {length:?}"
    );
    cx.reads(&key, b"").await
}

async fn no_transform(cx: &Cx) -> Check {
    let (key, bytes) = (cx.key("text"), "a registry stores bytes and nothing else\n".repeat(25_000));
    cx.put(&key, bytes.clone()).await.prepared()?;
    let reply = cx.send(Ask::get(&key).header("accept-encoding", "gzip").fresh()).await?;
    let encoding = reply.status(200).prepared()?.header("content-encoding");
    due!(encoding.is_empty(), "GET has Content-Encoding {encoding:?} although none was stored");
    reply.body_is(bytes.as_bytes())?;
    let length = cx.head(&key).await?;
    if length.status == 200 {
        let said = length.header("content-length");
        due!(said == bytes.len().to_string(), "HEAD says {said} bytes where {} were stored", bytes.len());
    }
    let page = cx.list(Version::V2, &[("prefix", &key)]).await.prepared()?;
    if let Some(entry) = entries(&page).prepared()?.0.first() {
        due!(
            entry.size == bytes.len() as u64,
            "the listing says {} bytes where {} were stored",
            entry.size,
            bytes.len()
        );
    }
    Ok(())
}
