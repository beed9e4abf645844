//! How long the small operations take: a push of a small blob is 26 of them. Nothing fails for being slow; what is slow is noted.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use crate::answer::Prepared as _;
use crate::ask::Ask;
use crate::cleaning::delete_request;
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, End, Probe, Severities, Severity, due};

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "perf.ops",
        title: "The small operations are fast",
        breaks: "nothing; pushes and pulls are as slow as these",
        severity: Severities::all(Severity::Info),
        source: &[],
        level: Level::Quick,
        requests: [38, 360, 720],
        bytes: [SMALL, 2 * SMALL, 4 * SMALL],
        run: |cx| Box::pin(operations(cx)),
    },
    Probe {
        id: "perf.push_model",
        title: "The requests of a push, at 1, 4 and 16 at once",
        breaks: "nothing by its speed; a request that fails is a push that fails",
        severity: Severities::all(Severity::Info),
        source: &[],
        level: Level::Standard,
        requests: [0, 1300, 2600],
        bytes: [0, 4 * SMALL, 8 * SMALL],
        run: |cx| Box::pin(push_model(cx)),
    },
];

/// The `p`-th percentile in milliseconds.
pub(super) fn percentile(times: &mut [f64], p: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    let at = ((times.len().saturating_sub(1)) as f64 * p).round() as usize;
    times.get(at).map_or(0.0, |time| (time * 1e3).round() / 1e3)
}

async fn operations(cx: &Cx) -> Check {
    let (key, bytes, count) = (cx.key("link"), cx.content("it", 71), cx.times(2, 50, 100));
    cx.put(&key, bytes.clone()).await.prepared()?;
    let id = cx.create(&key).await.prepared()?;
    let list = || Ask::get("").query("prefix", &key).query("max-keys", 1);
    type Make<'a> = Box<dyn Fn() -> Ask + Send + Sync + 'a>;
    let operations: [(&'static str, f64, Make<'_>); 7] = [
        ("head_p95_ms", 100.0, Box::new(|| Ask::head(&key))),
        ("get_p95_ms", 100.0, Box::new(|| Ask::get(&key).header("range", "bytes=0-"))),
        ("put_p95_ms", 100.0, Box::new(|| Ask::put(&key, bytes.clone()))),
        ("list_v1_p95_ms", 100.0, Box::new(list)),
        ("list_v2_p95_ms", 100.0, Box::new(|| list().query("list-type", 2))),
        ("list_uploads_p95_ms", 300.0, Box::new(|| Ask::get("").query("uploads", "").query("prefix", &key))),
        ("list_parts_p95_ms", 100.0, Box::new(|| Ask::get(&key).query("uploadId", &id))),
    ];
    let mut medians = Vec::new();
    for (name, limit, make) in &operations {
        let mut times = Vec::new();
        for _ in 0..count {
            times.push(cx.send(make()).await?.took.as_secs_f64() * 1e3);
        }
        let p95 = percentile(&mut times, 0.95);
        medians.push(percentile(&mut times, 0.5));
        cx.measure(name, p95);
        if p95 > *limit {
            cx.note(format!("{} is {p95} ms; above {limit} ms every push is slow", name.trim_end_matches("_ms")));
        }
    }
    // HEAD has no body: a plateau of 40 ms that only bodies have is Nagle's algorithm against delayed acknowledgements.
    if medians[1] > 10.0 * medians[0] && (30.0..60.0).contains(&medians[1]) {
        cx.note("small bodies take 40 ms and HEAD does not: set TCP_NODELAY at the store (RGW: tcp_nodelay=1)");
    }
    cx.abort(&key, &id).await.prepared().map(drop)
}

/// What distribution asks for a push of a thousand bytes; the listings and reads that repeat are left as they are.
async fn one_push(cx: &Cx, name: String) -> Check {
    let at = |part: &str| cx.key(&format!("{name}/{part}"));
    let (data, started, blob) = (at("_uploads/1/data"), at("_uploads/1/startedat"), at("blobs/data"));
    let hash = at("_uploads/1/hashstates/sha256/0");
    let stat = |key: &str| Ask::get("").query("prefix", key).query("max-keys", 1);
    let must =
        |reply: crate::answer::Reply| if reply.status < 300 { Ok(()) } else { Err(reply.wrong("success was due")) };
    cx.put(&started, "2026-01-01T00:00:00Z").await?;
    let id = cx.create(&data).await?;
    cx.put(&hash, "state").await?;
    let mut etag = String::new();
    for step in ["patch", "put"] {
        must(cx.send(Ask::get(&started).header("range", "bytes=0-")).await?)?;
        let listed = cx.uploads(&data).await?;
        due!(listed.iter().any(|(_, known)| *known == id), "the upload of a push is not listed");
        cx.parts(&data, &id).await?;
        if step == "patch" {
            etag = cx.part(&data, &id, 1, cx.content(&name, 1000)).await?;
            cx.put(&hash, "state").await?;
        }
    }
    cx.complete(&data, &id, &[(1, &etag)]).await?;
    cx.put(&hash, "state").await?;
    for key in [&data, &hash, &blob, &data, &data] {
        must(cx.send(stat(key)).await?)?;
    }
    cx.copy(&data, &blob).await?;
    must(cx.send(stat(&data)).await?)?;
    must(cx.send(delete_request(&[data])).await?)?;
    cx.put(&at("link"), "sha256:0").await?;
    must(cx.send(stat(&at("_uploads/1"))).await?)?;
    must(cx.send(delete_request(&[started, hash])).await?)
}

async fn push_model(cx: &Cx) -> Check {
    let rates = [(1, "pushes_per_s_at_1"), (4, "pushes_per_s_at_4"), (16, "pushes_per_s_at_16")];
    for (at_once, name) in rates {
        let count = cx.times(0, 16, 32);
        let began = Instant::now();
        let done: Vec<Check> = stream::iter(0..count)
            .map(|at| one_push(cx, format!("{at_once}-{at}")))
            .buffer_unordered(at_once)
            .collect()
            .await;
        let took = began.elapsed().max(Duration::from_micros(1));
        cx.measure(name, (f64::from(count) / took.as_secs_f64() * 10.0).round() / 10.0);
        let failed = done.into_iter().filter_map(Result::err).collect::<Vec<_>>();
        if let Some(end) = failed.iter().find(|end| matches!(end, End::Spent(_) | End::Gone(_))) {
            return Err(end.clone());
        }
        if let Some(End::Fails(reason)) = failed.first() {
            let reason = format!("{} of {count} modelled pushes failed at {at_once} at once: {reason}", failed.len());
            // A call that fails alone, too, is another probe's.
            return Err(if at_once == 1 { End::Blocked(reason) } else { End::Fails(reason) });
        }
    }
    Ok(())
}
