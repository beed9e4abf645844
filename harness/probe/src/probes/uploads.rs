//! Whether an upload that was created is listed: how distribution finds its own upload again, on each request. The most frequent
//! root cause of failing pushes on other stores than AWS.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::{Instant, sleep};

use crate::answer::Prepared as _;
use crate::ask::Ask;
use crate::calls::driver;
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, End, Probe, Severities, Severity, due};
use crate::profile::Profile;

/// Late ones whose lag is measured; the others are only counted.
const MEASURED: usize = 2;
/// How long a late one is waited for.
const LONGEST: Duration = Duration::from_secs(30);
const LISTED: Severities = Severities::only(Profile::DRIVER, Severity::Blocker);

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "mpu.create",
        title: "An upload is begun with the headers of the drivers",
        breaks: "all pushes",
        severity: Severities::all(Severity::Blocker),
        source: &[],
        level: Level::Quick,
        requests: [2; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(create(cx)),
    },
    Probe {
        id: "mpu.list_immediate",
        title: "An upload is listed under its key as soon as it is created",
        breaks: "PATCH is 500 `Path not found`",
        severity: LISTED,
        source: &["A01", "distribution#1948", "distribution#3062", "seaweedfs#10194", "rustfs#779", "minio#9978"],
        level: Level::Quick,
        requests: [320, 1800, 1800],
        bytes: [SMALL, 8 * SMALL, 8 * SMALL],
        run: |cx| Box::pin(immediate(cx)),
    },
    Probe {
        id: "mpu.list_concurrent",
        title: "The same with 16 at once",
        breaks: "PATCH is 500 on a busy registry",
        severity: LISTED,
        source: &["distribution#3062", "minio#9070"],
        level: Level::Standard,
        requests: [0, 600, 1800],
        bytes: [0, 8 * SMALL, 8 * SMALL],
        run: |cx| Box::pin(concurrent(cx)),
    },
    Probe {
        id: "mpu.list_prefix",
        title: "The listing for a key shows its upload once, beside one of a longer key",
        breaks: "PATCH resumes another upload, or none",
        severity: LISTED,
        source: &[],
        level: Level::Quick,
        requests: [6; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(by_prefix(cx)),
    },
    Probe {
        id: "mpu.list_noprefix",
        title: "The listing for a directory shows the uploads in it",
        breaks: "tools that purge uploads find nothing",
        severity: Severities::all(Severity::Info),
        source: &["minio#7632"],
        level: Level::Quick,
        requests: [8; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(by_directory(cx)),
    },
    Probe {
        id: "mpu.list_over_1000",
        title: "One upload among 1010 open ones is found by its key",
        breaks: "PATCH is 500 as soon as a thousand uploads are open",
        severity: LISTED,
        source: &["distribution#3062", "distribution#3519"],
        level: Level::Standard,
        requests: [0, 2040, 2040],
        bytes: [0, 8 * SMALL, 8 * SMALL],
        run: |cx| Box::pin(over_1000(cx)),
    },
];

async fn create(cx: &Cx) -> Check {
    let key = cx.key("data");
    let id = cx.create_by(driver(Ask::post(&key, ""))).await?;
    cx.abort(&key, &id).await.prepared().map(drop)
}

/// Whether the listing for `key` shows the upload now.
async fn is_listed(cx: &Cx, key: &str, id: &str) -> Check<bool> {
    Ok(cx.uploads(key).await?.iter().any(|(found, known)| found == key && known == id))
}

/// How long an upload stays unlisted, from `since` on; looked for more and more rarely, 5 % apart at least.
async fn lag(cx: &Cx, key: &str, id: &str, since: Instant) -> Check<Option<Duration>> {
    while since.elapsed() < LONGEST {
        sleep((since.elapsed() / 20).max(Duration::from_millis(10))).await;
        let asked = since.elapsed();
        if is_listed(cx, key, id).await? {
            return Ok(Some(asked));
        }
    }
    Ok(None)
}

async fn immediate(cx: &Cx) -> Check {
    let count = cx.times(30, 500, 500);
    let (mut missed, mut lags, mut never) = (0, Vec::new(), 0);
    for at in 0..count {
        let key = cx.key(&format!("{at}/data"));
        let id = cx.create(&key).await.prepared()?;
        let created = Instant::now();
        let listed = is_listed(cx, &key, &id).await?;
        if !listed {
            missed += 1;
            if lags.len() + never < MEASURED {
                match lag(cx, &key, &id, created).await? {
                    Some(lag) => lags.push(lag.as_secs_f64() * 1e3),
                    None => never += 1,
                }
            }
        }
        cx.abort(&key, &id).await.prepared()?;
        // A store that never lists need not be asked for it fifty times.
        if never == MEASURED {
            break;
        }
    }
    cx.measure("missed", f64::from(missed));
    cx.measure("of", f64::from(count));
    lags.sort_by(f64::total_cmp);
    if let (Some(median), Some(max)) = (lags.get(lags.len() / 2), lags.last()) {
        cx.measure("lag_p50_ms", median.round());
        cx.measure("lag_max_ms", max.round());
        due!(
            missed == 0,
            "{missed} of {count} uploads were not listed right after their creation; they were after {} ms (median of {})",
            median.round(),
            lags.len()
        );
    }
    due!(missed == 0, "{missed} uploads were not listed within {} s of their creation", LONGEST.as_secs());
    Ok(())
}

async fn concurrent(cx: &Cx) -> Check {
    let count = cx.times(0, 160, 500);
    let one = |at: u32| async move {
        let key = cx.key(&format!("{at}/data"));
        let id = cx.create(&key).await.prepared()?;
        let listed = is_listed(cx, &key, &id).await?;
        cx.abort(&key, &id).await.prepared()?;
        Ok::<_, End>(!listed)
    };
    let missed: Vec<bool> = stream::iter(0..count).map(one).buffer_unordered(16).try_collect().await?;
    let missed = missed.into_iter().filter(|missed| *missed).count();
    cx.measure("missed", missed as f64);
    cx.measure("of", f64::from(count));
    due!(missed == 0, "{missed} of {count} uploads, 16 at once, were not listed right after their creation");
    Ok(())
}

async fn by_prefix(cx: &Cx) -> Check {
    let (key, other) = (cx.key("a/data"), cx.key("a/data-of-another"));
    let other_id = cx.create(&other).await.prepared()?;
    let id = cx.create(&key).await.prepared()?;
    let found = cx.uploads(&key).await?;
    let right = found.iter().filter(|(found, known)| *found == key && *known == id).count();
    due!(right == 1, "the listing for the key of an upload shows it {right} times");
    cx.abort(&other, &other_id).await.prepared()?;
    cx.abort(&key, &id).await.prepared().map(drop)
}

async fn by_directory(cx: &Cx) -> Check {
    let key = cx.key("dir/data");
    let id = cx.create(&key).await.prepared()?;
    let mut found = false;
    // A listing that is late is mpu.list_immediate's.
    for pause in [0, 500, 1000, 2000] {
        sleep(Duration::from_millis(pause)).await;
        found = cx.uploads(&cx.key("")).await.prepared()?.iter().any(|(_, known)| *known == id);
        if found {
            break;
        }
    }
    let by_key = found || is_listed(cx, &key, &id).await?;
    cx.abort(&key, &id).await.prepared()?;
    if !by_key {
        return Err(End::Blocked("uploads are not listed at all".into()));
    }
    due!(found, "an upload is listed for its whole key only, not for the directory it is in");
    Ok(())
}

async fn over_1000(cx: &Cx) -> Check {
    let begin = |at: u32| async move {
        let key = cx.key(&format!("{at:04}/data"));
        cx.create(&key).await.map(|id| (key, id))
    };
    let open: Vec<_> = stream::iter(0..1010).map(begin).buffered(16).try_collect().await.prepared()?;
    let (key, id) = &open[1009];
    let found = is_listed(cx, key, id).await;
    let end = |(key, id): (String, String)| async move { cx.abort(&key, &id).await };
    let aborted: Vec<_> = stream::iter(open.clone()).map(end).buffer_unordered(16).collect().await;
    due!(found?, "the last of 1010 open uploads is not in the listing for its key");
    let left = aborted.into_iter().filter(|reply| !matches!(reply, Ok(reply) if reply.status < 300)).count();
    if left > 0 {
        cx.note(format!("{left} of 1010 uploads could not be aborted"));
    }
    Ok(())
}
