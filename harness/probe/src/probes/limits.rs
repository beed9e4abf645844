//! Where a store slows down or stops: large bodies, many open uploads, bursts. Nothing fails for being slow; what is slow is noted.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::{Instant, sleep};

use super::perf::percentile;
use crate::answer::Prepared as _;
use crate::ask::Ask;
use crate::calls::{PART, content_md5};
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, End, Probe, Severities, Severity, due};

const MIB: usize = 1 << 20;
/// Bytes of a part at the drivers' default.
const CHUNK: usize = 10 * MIB;
/// Seconds for a GiB, beyond which proxies before the registry give up on the client's PUT.
const SLOW_COPY: f64 = 30.0;
/// How much slower a listing may become with a thousand open uploads.
const RATIO: f64 = 5.0;
/// A single PUT as gateways limit it.
const BODY: usize = 64 * MIB;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "limit.body",
        title: "A PUT of 64 MiB is taken",
        breaks: "layers above the limit of a gateway (413)",
        severity: Severities::all(Severity::Degraded),
        source: &[],
        level: Level::Standard,
        requests: [0, 2, 2],
        bytes: [0, 18 * SMALL, 18 * SMALL],
        run: |cx| Box::pin(body(cx)),
    },
    Probe {
        id: "limit.throttle",
        title: "Who is throttled in a burst is told so in XML",
        breaks: "SDKs wait on SlowDown; what they cannot read ends the push",
        severity: Severities::all(Severity::Degraded),
        source: &["distribution#769"],
        level: Level::Standard,
        requests: [0, 401, 2001],
        bytes: [0, SMALL, 2 * SMALL],
        run: |cx| Box::pin(throttle(cx)),
    },
    Probe {
        id: "perf.part_throughput",
        title: "Parts of 10 MiB, one and four at once",
        breaks: "nothing by its speed; a part that is refused is a push that fails",
        severity: Severities::all(Severity::Info),
        source: &[],
        level: Level::Standard,
        requests: [0, 7, 7],
        bytes: [0, 14 * SMALL, 14 * SMALL],
        run: |cx| Box::pin(parts(cx)),
    },
    Probe {
        id: "perf.copy_throughput",
        title: "How long a layer takes from its upload to its place",
        breaks: "nothing; above half a minute for a GiB the client's PUT meets the time-outs of proxies",
        severity: Severities::all(Severity::Info),
        source: &[],
        level: Level::Standard,
        requests: [0, 6, 6],
        bytes: [0, 12 * SMALL, 12 * SMALL],
        run: |cx| Box::pin(copies(cx)),
    },
    Probe {
        id: "perf.many_mpu",
        title: "How much longer the listing of an upload takes when a thousand are open",
        breaks: "nothing by itself; each PATCH lists its upload, and abandoned ones make all pushes slow",
        severity: Severities::all(Severity::Info),
        source: &["distribution#3062"],
        level: Level::Standard,
        requests: [0, 2042, 2042],
        bytes: [0, 4 * SMALL, 4 * SMALL],
        run: |cx| Box::pin(open_uploads(cx)),
    },
];

/// Bytes of this length without the cost of so much randomness.
fn long(cx: &Cx, length: usize) -> Bytes {
    cx.content("it", MIB).repeat(length / MIB).into()
}

async fn body(cx: &Cx) -> Check {
    let (key, bytes) = (cx.key("data"), long(cx, BODY));
    let md5 = content_md5(&bytes);
    let reply = cx.send(Ask::put(&key, bytes).header("content-md5", &md5).fresh()).await?;
    due!(reply.status == 200, "a PUT of 64 MiB answered {}; a gateway limits bodies, or the store does", reply.seen());
    let length = cx.head(&key).await.prepared()?;
    let said = length.header("content-length");
    due!(length.status != 200 || said == BODY.to_string(), "HEAD says {said} bytes where {BODY} were stored");
    Ok(())
}

/// At most 200 requests a second, 32 at once.
async fn throttle(cx: &Cx) -> Check {
    let key = cx.key("link");
    cx.put(&key, "sha256:0").await.prepared()?;
    let paced = stream::iter(0..cx.times(0, 400, 2000)).then(|_| sleep(Duration::from_millis(5)));
    let mut asked = pin!(paced.map(|()| cx.send(Ask::get(&key))).buffer_unordered(32));
    let mut throttled = 0;
    while let Some(reply) = asked.next().await {
        let reply = reply?;
        if !matches!(reply.status, 429 | 503) {
            continue;
        }
        throttled += 1;
        due!(reply.code().is_some(), "a burst of 200 requests a second is throttled by {}; XML was due", reply.seen());
        let after = reply.header("retry-after");
        let known = after.is_empty() || after.parse::<u32>().is_ok() || httpdate::parse_http_date(after).is_ok();
        due!(known, "a throttled request has Retry-After {after:?}, which is neither seconds nor a date");
    }
    cx.measure("throttled", f64::from(throttled));
    if throttled > 0 {
        cx.note(format!("{throttled} requests of a burst of 200 a second were throttled"));
    }
    Ok(())
}

fn rate(bytes: usize, took: Duration) -> f64 {
    (bytes as f64 / MIB as f64 / took.as_secs_f64().max(1e-6) * 10.0).round() / 10.0
}

async fn parts(cx: &Cx) -> Check {
    let (key, bytes) = (cx.key("data"), long(cx, CHUNK));
    let id = cx.create(&key).await.prepared()?;
    let one = |number: u32| cx.part(&key, &id, number, bytes.clone());
    let began = Instant::now();
    // One that is refused alone, too, is mpu.upload_part's.
    one(1).await.prepared()?;
    cx.measure("mib_per_s_at_1", rate(CHUNK, began.elapsed()));
    let began = Instant::now();
    stream::iter(2..=5).map(one).buffer_unordered(4).try_for_each(|_| async { Ok(()) }).await?;
    cx.measure("mib_per_s_at_4", rate(4 * CHUNK, began.elapsed()));
    cx.abort(&key, &id).await.prepared().map(drop)
}

/// As the drivers copy 40 MiB: ranges of 32 MiB.
async fn copies(cx: &Cx) -> Check {
    let (source, key, bytes) = (cx.key("source"), cx.key("data"), long(cx, 8 * PART));
    let length = bytes.len();
    cx.put(&source, bytes).await.prepared()?;
    let began = Instant::now();
    let id = cx.create(&key).await.prepared()?;
    let mut etags = Vec::new();
    for (number, from) in (1..).zip((0..length).step_by(32 * MIB)) {
        let range = format!("bytes={from}-{}", (from + 32 * MIB).min(length) - 1);
        etags.push((number, cx.part_copy((&key, &id, number), &source, Some(&range)).await.prepared()?));
    }
    let etags: Vec<_> = etags.iter().map(|(number, etag)| (*number, etag.as_str())).collect();
    cx.try_complete(&key, &id, &etags).await?.status(200).prepared()?;
    let took = began.elapsed().as_secs_f64() * (1024 * MIB) as f64 / length as f64;
    cx.measure("s_per_gib", (took * 10.0).round() / 10.0);
    if took > SLOW_COPY {
        cx.note(format!("a GiB takes {took:.0} s to copy; above {SLOW_COPY} s the client's PUT meets time-outs"));
    }
    Ok(())
}

/// Median of listings of one upload, in milliseconds.
async fn listing(cx: &Cx, key: &str) -> Check<f64> {
    let mut times = Vec::new();
    for _ in 0..20 {
        let ask = Ask::get("").query("uploads", "").query("prefix", key);
        times.push(cx.send(ask).await?.took.as_secs_f64() * 1e3);
    }
    Ok(percentile(&mut times, 0.5))
}

async fn open_uploads(cx: &Cx) -> Check {
    let key = cx.key("data");
    let id = cx.create(&key).await.prepared()?;
    let few = listing(cx, &key).await?;
    let begin = |at: u32| async move {
        let key = cx.key(&format!("{at:04}/data"));
        cx.create(&key).await.map(|id| (key, id))
    };
    let open: Vec<_> = stream::iter(0..1000).map(begin).buffered(16).try_collect().await.prepared()?;
    let many = listing(cx, &key).await;
    let all = open.into_iter().chain([(key, id)]);
    let end = |(key, id): (String, String)| async move { cx.abort(&key, &id).await };
    // What cannot be aborted is told by the cleaning.
    let _: Vec<Result<_, End>> = stream::iter(all).map(end).buffer_unordered(16).collect().await;
    let many = many?;
    cx.measure("list_uploads_ms_with_1", few);
    cx.measure("list_uploads_ms_with_1001", many);
    if many > RATIO * few && many > 10.0 {
        cx.note(format!("the listing of an upload takes {many} ms with a thousand open ones and {few} ms without"));
    }
    Ok(())
}
