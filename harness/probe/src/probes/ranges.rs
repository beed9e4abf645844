//! Reads of ranges.

use crate::answer::Prepared as _;
use crate::ask::Ask;
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, Probe, Severities, Severity, due};
use crate::profile::Profile;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "obj.range_from_0",
        title: "GET with Range: bytes=0- gives the whole object",
        breaks: "all reads: the drivers always send a range",
        severity: Severities::all(Severity::Blocker),
        source: &[],
        level: Level::Quick,
        requests: [2; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(from_0(cx)),
    },
    Probe {
        id: "obj.range_offset",
        title: "GET from an offset gives exactly the rest, also beyond 4 MiB",
        breaks: "resumed pulls and pushes get the wrong bytes with the right length",
        severity: Severities::all(Severity::Blocker),
        source: &[],
        level: Level::Quick,
        requests: [3; 3],
        bytes: [6 * SMALL; 3],
        run: |cx| Box::pin(offset(cx)),
    },
    Probe {
        id: "obj.range_past_end",
        title: "GET from the end on is 416 InvalidRange",
        breaks: "the reader's end of file becomes an error",
        severity: Severities::only(Profile::DRIVER, Severity::Degraded),
        source: &[],
        level: Level::Quick,
        requests: [2; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(past_end(cx)),
    },
    Probe {
        id: "obj.range_empty",
        title: "GET with Range: bytes=0- of an empty object is 416 InvalidRange, or nothing",
        breaks: "empty blobs, zot's links",
        severity: Severities::only(Profile::DRIVER, Severity::Degraded).and(&[Profile::Zot], Severity::Blocker),
        source: &[],
        level: Level::Quick,
        requests: [2; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(of_nothing(cx)),
    },
];

async fn from_0(cx: &Cx) -> Check {
    let (key, bytes) = (cx.key("link"), cx.content("it", 71));
    cx.put(&key, bytes.clone()).await.prepared()?;
    let reply = cx.get(&key).await?;
    due!(matches!(reply.status, 200 | 206), "GET with Range: bytes=0- answered {}", reply.seen());
    reply.body_is(&bytes)
}

async fn offset(cx: &Cx) -> Check {
    let (key, bytes) = (cx.key("data"), cx.content("it", (4 << 20) + 1000));
    cx.put(&key, bytes.clone()).await.prepared()?;
    for from in [(4 << 20) + 1, 1000] {
        let ask = Ask::get(&key).header("range", &format!("bytes={from}-")).fresh();
        let reply = cx.send_for(ask, 2 * SMALL).await?;
        due!(reply.status == 206, "GET with Range: bytes={from}- answered {}; 206 was due", reply.seen());
        reply.body_is(&bytes[from..])?;
    }
    Ok(())
}

async fn past_end(cx: &Cx) -> Check {
    let key = cx.key("object");
    cx.put(&key, cx.content("it", 1000)).await.prepared()?;
    let reply = cx.send(Ask::get(&key).header("range", "bytes=1000-").fresh()).await?;
    let code = reply.code();
    due!(
        reply.status == 416 && code.as_deref() == Some("InvalidRange"),
        "GET from the end on answered {}; 416 InvalidRange was due",
        reply.seen()
    );
    Ok(())
}

async fn of_nothing(cx: &Cx) -> Check {
    let key = cx.key("object");
    cx.put(&key, "").await.prepared()?;
    let reply = cx.get(&key).await?;
    let nothing = matches!(reply.status, 200 | 206) && reply.body.is_empty();
    let invalid = reply.status == 416 && reply.code().as_deref() == Some("InvalidRange");
    due!(nothing || invalid, "GET of an empty object answered {}; 416 InvalidRange or nothing was due", reply.seen());
    Ok(())
}
