//! What was written is what is read, at once and through any node: repeated, on new connections.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::answer::Prepared as _;
use crate::ask::Ask;
use crate::calls::{Version, entries};
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, Probe, Severities, Severity, due};

/// How long a late entry is waited for.
const LONGEST: Duration = Duration::from_secs(30);

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "cons.put_get_list",
        title: "What was put is read and listed at once",
        breaks: "pushes end in 500 `Path not found`",
        severity: Severities::all(Severity::Blocker),
        source: &["A09", "distribution#1948"],
        level: Level::Quick,
        requests: [120, 700, 1600],
        bytes: [SMALL, 4 * SMALL, 4 * SMALL],
        run: |cx| Box::pin(put_get_list(cx)),
    },
    Probe {
        id: "cons.negative_cache",
        title: "What was asked for before it was put is there afterwards",
        breaks: "what was just pushed is not found: registries read a link, write it and read it again",
        severity: Severities::all(Severity::Blocker),
        source: &["C08", "distribution#459"],
        level: Level::Quick,
        requests: [15, 300, 600],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(negative_cache(cx)),
    },
    Probe {
        id: "cons.overwrite",
        title: "What was overwritten is read as it is now",
        breaks: "a moved tag still gives the old image",
        severity: Severities::all(Severity::Blocker),
        source: &[],
        level: Level::Quick,
        requests: [13, 401, 801],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(overwrite(cx)),
    },
    Probe {
        id: "cons.delete",
        title: "What was deleted is gone at once",
        breaks: "a blob is skipped in a push because it was still seen, and is missing then",
        severity: Severities::all(Severity::Degraded),
        source: &["seed 002"],
        level: Level::Quick,
        requests: [21, 400, 800],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(delete(cx)),
    },
];

async fn is_listed(cx: &Cx, key: &str) -> Check<bool> {
    let page = cx.list(Version::V2, &[("prefix", key), ("max-keys", "1")]).await.prepared()?;
    Ok(entries(&page).prepared()?.0.iter().any(|entry| entry.key == key))
}

/// How long a key stays unlisted.
async fn lag(cx: &Cx, key: &str, since: Instant) -> Check<Option<Duration>> {
    while since.elapsed() < LONGEST {
        sleep((since.elapsed() / 20).max(Duration::from_millis(10))).await;
        let asked = since.elapsed();
        if is_listed(cx, key).await? {
            return Ok(Some(asked));
        }
    }
    Ok(None)
}

async fn put_get_list(cx: &Cx) -> Check {
    let count = cx.times(4, 200, 500);
    let (mut unread, mut unlisted, mut first) = (0, 0, None);
    for at in 0..count {
        let (key, bytes) = (cx.key(&at.to_string()), cx.content(&at.to_string(), 71));
        cx.put(&key, bytes.clone()).await.prepared()?;
        let put = Instant::now();
        let reply = cx.get(&key).await?;
        unread += u32::from(!matches!(reply.status, 200 | 206) || reply.body != bytes);
        if !is_listed(cx, &key).await? {
            unlisted += 1;
            if first.is_none() {
                first = Some(lag(cx, &key, put).await?);
            }
        }
    }
    cx.measure("unread", f64::from(unread));
    cx.measure("unlisted", f64::from(unlisted));
    cx.measure("of", f64::from(count));
    if let Some(Some(lag)) = first {
        cx.measure("list_lag_ms", (lag.as_secs_f64() * 1e3).round());
    }
    due!(unread == 0, "{unread} of {count} objects could not be read right after they were put");
    let after = match first {
        Some(Some(lag)) => format!("the first was after {} ms", lag.as_millis()),
        _ => format!("the first was not within {} s", LONGEST.as_secs()),
    };
    due!(unlisted == 0, "{unlisted} of {count} objects were not listed right after they were put; {after}");
    Ok(())
}

async fn negative_cache(cx: &Cx) -> Check {
    let count = cx.times(3, 100, 200);
    let mut stale = 0;
    for at in 0..count {
        let key = cx.key(&format!("{at}/link"));
        cx.get(&key).await?;
        cx.put(&key, "sha256:0").await.prepared()?;
        stale += u32::from(cx.get(&key).await?.status == 404);
    }
    cx.measure("stale", f64::from(stale));
    cx.measure("of", f64::from(count));
    due!(stale == 0, "{stale} of {count} objects were 404 after they were put, because they were asked for before");
    Ok(())
}

async fn overwrite(cx: &Cx) -> Check {
    let (count, key) = (cx.times(4, 200, 400), cx.key("current/link"));
    cx.put(&key, "first").await.prepared()?;
    let mut stale = 0;
    for at in 0..count {
        let bytes = format!("sha256:{at:064}");
        cx.put(&key, bytes.clone()).await.prepared()?;
        stale += u32::from(cx.get(&key).await?.body != bytes);
    }
    cx.measure("stale", f64::from(stale));
    cx.measure("of", f64::from(count));
    due!(stale == 0, "{stale} of {count} overwritten objects were read as they were before");
    Ok(())
}

async fn delete(cx: &Cx) -> Check {
    let count = cx.times(3, 100, 200);
    let (mut read, mut listed) = (0, 0);
    for at in 0..count {
        let key = cx.key(&format!("{at}/data"));
        cx.put(&key, "x").await.prepared()?;
        cx.send(Ask::delete(&key)).await?.success().prepared()?;
        read += u32::from(cx.send(Ask::get(&key).fresh()).await?.status == 200);
        listed += u32::from(is_listed(cx, &key).await?);
    }
    cx.measure("still_read", f64::from(read));
    cx.measure("still_listed", f64::from(listed));
    cx.measure("of", f64::from(count));
    due!(read + listed == 0, "of {count} deleted objects {read} could still be read and {listed} were still listed");
    Ok(())
}
