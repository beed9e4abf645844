//! Completed and aborted uploads: the answer proves it, and everybody sees it.

use crate::answer::Prepared as _;
use crate::ask::Ask;
use crate::calls::{PART, Version, entries};
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, Probe, Severities, Severity, due};
use crate::profile::Profile;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "mpu.complete_body",
        title: "Completing an upload is answered with its own document",
        breaks: "PUT is 500 if the body is empty; a page of a gateway is taken for success, and the blob is lost",
        severity: Severities::all(Severity::Blocker),
        source: &["A10"],
        level: Level::Quick,
        requests: [3; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(complete_body(cx)),
    },
    Probe {
        id: "mpu.read_after_complete",
        title: "A completed upload is seen at once by HEAD, both listings and GET",
        breaks: "PUT is 500 `Path not found`",
        severity: Severities::all(Severity::Blocker).and(&[Profile::Gitea, Profile::Quay], Severity::Degraded),
        source: &["A09"],
        level: Level::Quick,
        requests: [8; 3],
        bytes: [6 * SMALL; 3],
        run: |cx| Box::pin(read_after_complete(cx)),
    },
    Probe {
        id: "mpu.complete_twice",
        title: "Completing again is 200, or 404 NoSuchUpload",
        breaks: "a lost answer makes PUT 500, although the blob is stored",
        severity: Severities::all(Severity::Info),
        source: &["A11"],
        level: Level::Quick,
        requests: [4; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(twice(cx)),
    },
    Probe {
        id: "mpu.gone_after_complete",
        title: "A completed upload is no longer listed as open",
        breaks: "a finished upload is taken up again",
        severity: Severities::only(Profile::DRIVER, Severity::Degraded),
        source: &[],
        level: Level::Standard,
        requests: [0, 8, 8],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(gone(cx)),
    },
    Probe {
        id: "mpu.abort",
        title: "An aborted upload is gone",
        breaks: "uploads that nobody can remove fill the store",
        severity: Severities::all(Severity::Degraded),
        source: &["harbor#17651"],
        level: Level::Quick,
        requests: [4; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(abort(cx)),
    },
];

async fn complete_body(cx: &Cx) -> Check {
    let key = cx.key("data");
    let id = cx.create(&key).await.prepared()?;
    let etag = cx.part(&key, &id, 1, cx.content("1", 1000)).await.prepared()?;
    cx.complete(&key, &id, &[(1, &etag)]).await.map(drop)
}

async fn read_after_complete(cx: &Cx) -> Check {
    let (key, tail) = (cx.key("data"), cx.content("2", 1000));
    cx.upload(&key, &[cx.content("1", PART), tail.clone()]).await.prepared()?;
    let due = (PART + 1000) as u64;
    for version in [Version::V1, Version::V2] {
        let page = cx.list(version, &[("prefix", &key), ("max-keys", "1")]).await.prepared()?;
        let found = entries(&page).prepared()?.0;
        let seen = found.first().map(|entry| entry.size);
        due!(
            seen == Some(due),
            "ListObjects ({version:?}) right after completion shows {seen:?} bytes; {due} were due"
        );
    }
    let head = cx.head(&key).await?;
    let length = head.header("content-length").to_owned();
    due!(
        head.status != 404 && (head.status != 200 || length == due.to_string()),
        "HEAD right after completion is {} with Content-Length {length:?}",
        head.status
    );
    let ask = Ask::get(&key).header("range", &format!("bytes={PART}-")).fresh();
    let reply = cx.send_for(ask, 3 * SMALL).await?;
    due!(reply.status != 404, "GET right after completion is {}", reply.seen());
    // A range that is not kept is obj.range_offset's.
    if reply.status == 206 { reply.body_is(&tail) } else { Ok(()) }
}

async fn twice(cx: &Cx) -> Check {
    let key = cx.key("data");
    let id = cx.create(&key).await.prepared()?;
    let etag = cx.part(&key, &id, 1, cx.content("1", 1000)).await.prepared()?;
    cx.try_complete(&key, &id, &[(1, &etag)]).await?.status(200).prepared()?;
    let again = cx.try_complete(&key, &id, &[(1, &etag)]).await?;
    cx.note(format!("the second time is {}", again.seen()));
    let fine = again.status == 200 || again.status == 404;
    due!(fine, "completing again answered {}; 200 or 404 was due", again.seen());
    Ok(())
}

async fn gone(cx: &Cx) -> Check {
    let key = cx.key("data");
    let id = cx.create(&key).await.prepared()?;
    let etag = cx.part(&key, &id, 1, cx.content("1", 1000)).await.prepared()?;
    cx.try_complete(&key, &id, &[(1, &etag)]).await?.status(200).prepared()?;
    let open = cx.uploads(&key).await.prepared()?;
    due!(!open.iter().any(|(_, known)| *known == id), "a completed upload is still in the listing of the open ones");
    Ok(())
}

async fn abort(cx: &Cx) -> Check {
    let key = cx.key("data");
    let id = cx.create(&key).await.prepared()?;
    cx.part(&key, &id, 1, cx.content("1", 1000)).await.prepared()?;
    cx.abort(&key, &id).await?.success()?;
    let parts = cx.send(Ask::get(&key).query("uploadId", &id).fresh()).await?;
    due!(parts.status != 200, "the parts of an aborted upload are still listed");
    Ok(())
}
