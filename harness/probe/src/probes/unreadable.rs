//! Errors beyond those of a missing key: another bucket, the store's own trouble, and what they do to the connection.

use http::header::CONNECTION;

use crate::answer::Prepared as _;
use crate::ask::Ask;
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, End, Probe, Severities, Severity, due};

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "err.missing_bucket",
        title: "A bucket that is not there is 404 or 403 with an S3 code",
        breaks: "nothing of a registry that is set up rightly; a wrong bucket name is not told as such",
        severity: Severities::all(Severity::Info),
        source: &[],
        level: Level::Standard,
        requests: [0, 1, 1],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(missing_bucket(cx)),
    },
    Probe {
        id: "err.5xx_body",
        title: "The store's own trouble is told in XML",
        breaks: "nothing by itself: SDKs report a body that they cannot read in place of the trouble",
        severity: Severities::all(Severity::Info),
        source: &["container-registry#753"],
        level: Level::Standard,
        requests: [0, 2, 2],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(trouble(cx)),
    },
    Probe {
        id: "err.keepalive",
        title: "A connection outlives an error, and the next answer on it is whole",
        breaks: "each miss costs a connection; a body behind an answer to HEAD spoils the next answer",
        severity: Severities::all(Severity::Degraded),
        source: &[],
        level: Level::Standard,
        requests: [0, 10, 10],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(kept(cx)),
    },
];

async fn missing_bucket(cx: &Cx) -> Check {
    let absent = format!("shakedown-absent-{:016x}", cx.run.plan.seed);
    let ask = Ask::get("").query("list-type", 2).query("max-keys", 1).bucket(absent).fresh();
    let reply = cx.send(ask).await.map_err(|end| match end {
        End::Gone(reason) => End::NotAsked(format!("the host name of another bucket leads nowhere: {reason}")),
        other => other,
    })?;
    due!(
        matches!(reply.status, 403 | 404) && reply.code().is_some(),
        "a listing of a bucket that is not there answered {}; 404 NoSuchBucket was due",
        reply.seen()
    );
    Ok(())
}

/// Trouble cannot be ordered; torrents are what most stores never had and S3 gave up.
async fn trouble(cx: &Cx) -> Check {
    let key = cx.key("object");
    cx.put(&key, "x").await.prepared()?;
    let reply = cx.send(Ask::get(&key).query("torrent", "").fresh()).await?;
    if reply.status < 500 {
        return Err(End::NotAsked(format!("no 5xx could be provoked: the torrent of an object is {}", reply.seen())));
    }
    due!(reply.code().is_some(), "the torrent of an object answered {}; an S3 code was due", reply.seen());
    Ok(())
}

async fn kept(cx: &Cx) -> Check {
    let (key, absent, bytes) = (cx.key("object"), cx.key("absent"), cx.content("it", 71));
    cx.put(&key, bytes.clone()).await.prepared()?;
    for ask in [Ask::get(&absent), Ask::head(&absent), Ask::get(&absent)] {
        let reply = cx.send(ask).await?;
        let connection = reply.headers.get(CONNECTION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        due!(!connection.eq_ignore_ascii_case("close"), "{} of an absent key closes its connection", reply.what);
        let next = cx.send(Ask::get(&key)).await?;
        next.status(200)?.body_is(&bytes)?;
    }
    Ok(())
}
