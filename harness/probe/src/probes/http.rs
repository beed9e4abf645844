//! HTTP itself: interim answers and connections.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use shakedown_wire::{Body, network};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use crate::answer::Prepared as _;
use crate::ask::Ask;
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, End, Probe, Severities, Severity, due};
use crate::profile::Profile;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "http.expect_100",
        title: "Expect: 100-continue is answered within a second",
        breaks: "each part waits a second; a refusal (417) ends every push",
        severity: Severities::only(Profile::DRIVER, Severity::Degraded),
        source: &[],
        level: Level::Quick,
        requests: [1; 3],
        bytes: [2 * SMALL; 3],
        run: |cx| Box::pin(expect_100(cx)),
    },
    Probe {
        id: "http.rst_rate",
        title: "500 requests on kept connections, and none breaks",
        breaks: "a part that is cut off is not sent again by newer SDKs: the push fails at its end",
        severity: Severities::all(Severity::Degraded).and(Profile::D3, Severity::Blocker),
        source: &["aws-sdk-go#2525"],
        level: Level::Standard,
        requests: [0, 501, 2001],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(broken_connections(cx)),
    },
    Probe {
        id: "http.http2",
        title: "Answers are HTTP/1.1 or newer",
        breaks: "nothing by itself: over HTTP/1.0 each of a push's 26 requests needs a connection",
        severity: Severities::all(Severity::Info),
        source: &[],
        level: Level::Standard,
        requests: [0, 1, 1],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(version(cx)),
    },
    Probe {
        id: "http.idle_reuse",
        title: "A connection that idled for 65 s is used again, or was closed before",
        breaks: "the first part after a pause is cut off, and newer SDKs do not send it again",
        severity: Severities::all(Severity::Degraded),
        source: &["aws-sdk-go#2525"],
        level: Level::Heavy,
        requests: [0, 0, 3],
        bytes: [0, 0, SMALL],
        run: |cx| Box::pin(idle(cx)),
    },
];

async fn expect_100(cx: &Cx) -> Check {
    if !cx.run.transport.sockets {
        return Err(End::NotAsked("there are no interim answers in memory".into()));
    }
    let (key, bytes) = (cx.key("object"), cx.content("it", 2 << 20));
    let (told, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let interim = told.clone();
    let length = bytes.len() as u64;
    let (waited, sent) = (go.clone(), bytes.clone());
    // As Go's client does: the body follows the 100, or a second without one.
    let body = Body::sized(
        length,
        stream::once(async move {
            if timeout(Duration::from_secs(1), interim.notified()).await.is_ok() {
                waited.notify_one();
            }
            Ok(sent)
        }),
    );
    let ask = Ask::put(&key, bytes).header("expect", "100-continue").fresh();
    let reply = cx.exchange(ask, body, SMALL, |request| {
        network::on_interim(request, move |status| {
            if status == 100 {
                told.notify_one();
            }
        })
    });
    let reply = reply.await?;
    if reply.status == 417 {
        return Err(End::Breaks("a PUT with Expect: 100-continue is refused with 417".into()));
    }
    reply.status(200).prepared()?;
    let in_time = timeout(Duration::ZERO, go.notified()).await.is_ok();
    due!(in_time, "there was no 100 within a second: drivers wait that long with each part");
    Ok(())
}

async fn broken_connections(cx: &Cx) -> Check {
    let key = cx.key("link");
    cx.put(&key, "x").await.prepared()?;
    let count = cx.times(0, 500, 2000);
    let broken: Vec<_> = stream::iter(0..count)
        .map(|_| async { cx.send(Ask::get(&key)).await })
        .buffer_unordered(8)
        .filter_map(|reply| async { reply.err() })
        .collect()
        .await;
    cx.measure("broken", broken.len() as f64);
    cx.measure("of", f64::from(count));
    match broken.into_iter().next() {
        None => Ok(()),
        Some(End::Fails(reason)) => Err(End::Fails(format!("connections broke: {reason}"))),
        Some(other) => Err(other),
    }
}

async fn version(cx: &Cx) -> Check {
    let reply = cx.send(Ask::head(&cx.key("absent"))).await?;
    cx.note(format!("answers are {:?}", reply.version));
    due!(reply.version >= http::Version::HTTP_11, "answers are {:?}; HTTP/1.1 was due", reply.version);
    Ok(())
}

/// Longer than the minute after which common load balancers forget a connection.
async fn idle(cx: &Cx) -> Check {
    let key = cx.key("link");
    cx.put(&key, "x").await.prepared()?;
    cx.send(Ask::get(&key)).await.prepared()?;
    sleep(Duration::from_secs(65)).await;
    cx.send(Ask::get(&key)).await?.status(200).prepared().map(drop)
}
