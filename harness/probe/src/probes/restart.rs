//! What drivers do when an upload goes on behind a part that is too small: they complete it and begin anew on the same key.

use crate::answer::Prepared as _;
use crate::ask::Ask;
use crate::calls::PART;
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, Probe, Severities, Severity, due};
use crate::profile::Profile;

const SEVERITY: Severities = Severities::only(Profile::DRIVER, Severity::Blocker);

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "mpu.same_key_restart",
        title: "An object stays readable while a new upload of its key is open, and is replaced by it",
        breaks: "pushes in small chunks",
        severity: SEVERITY,
        source: &[],
        level: Level::Quick,
        requests: [8; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(same_key(cx)),
    },
    Probe {
        id: "mpu.self_copy",
        title: "An object is copied into a part of a new upload of its own key",
        breaks: "small chunks behind more than 5 MiB",
        severity: SEVERITY,
        source: &["seaweedfs#10194"],
        level: Level::Quick,
        requests: [9; 3],
        bytes: [6 * SMALL; 3],
        run: |cx| Box::pin(self_copy(cx)),
    },
];

async fn same_key(cx: &Cx) -> Check {
    let key = cx.key("data");
    let (old, new) = (cx.content("old", 700), cx.content("new", 900));
    let first = cx.create(&key).await.prepared()?;
    let etag = cx.part(&key, &first, 1, old.clone()).await.prepared()?;
    cx.try_complete(&key, &first, &[(1, &etag)]).await?.status(200).prepared()?;
    let id = cx.create(&key).await?;
    cx.reads(&key, &old).await?;
    let etag = cx.part(&key, &id, 1, new.clone()).await?;
    cx.try_complete(&key, &id, &[(1, &etag)]).await?.status(200)?;
    cx.reads(&key, &new).await
}

async fn self_copy(cx: &Cx) -> Check {
    let key = cx.key("data");
    let (old, more) = (cx.content("old", PART), cx.content("more", 900));
    let first = cx.create(&key).await.prepared()?;
    let etag = cx.part(&key, &first, 1, old.clone()).await.prepared()?;
    cx.try_complete(&key, &first, &[(1, &etag)]).await?.status(200).prepared()?;
    let id = cx.create(&key).await.prepared()?;
    let copied = cx.part_copy((&key, &id, 1), &key, None).await?;
    let added = cx.part(&key, &id, 2, more.clone()).await?;
    cx.try_complete(&key, &id, &[(1, &copied), (2, &added)]).await?.status(200)?;
    let range = format!("bytes={}-", PART - 100);
    let reply = cx.send_for(Ask::get(&key).header("range", &range).fresh(), 3 * SMALL).await?;
    let due = [&old[PART - 100..], &more].concat();
    // A range that is not kept is obj.range_offset's.
    if reply.status == 206 {
        return reply.body_is(&due);
    }
    reply.status(200)?;
    due!(reply.body.ends_with(&due), "the object does not end with what was copied and added");
    Ok(())
}
