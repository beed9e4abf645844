//! What else registries read in a page, and how long many keys take.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::errors::settled;
use super::pages::{Paged, walk};
use super::perf::percentile;
use crate::answer::Prepared as _;
use crate::calls::{Version, entries, names};
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, Probe, Severities, Severity, due};
use crate::profile::Profile;

/// Keys of `list.many_latency`, and in how many directories.
const MANY: usize = 10_000;
const DIRECTORIES: usize = 100;
const SLOW: Duration = Duration::from_secs(2);

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "list.keycount",
        title: "KeyCount is the number of entries, or is not there",
        breaks: "nothing of today's drivers; older ones took a missing or a wrong count for an empty directory",
        severity: Severities::all(Severity::Info),
        source: &["harbor#11929", "distribution#3200"],
        level: Level::Standard,
        requests: [0, 11, 11],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(key_count(cx)),
    },
    Probe {
        id: "list.size_type",
        title: "Sizes are numbers and dates are ISO 8601 in UTC",
        breaks: "the registry's request panics, or its walk ends",
        severity: Severities::all(Severity::Blocker),
        source: &[],
        level: Level::Standard,
        requests: [0, 9, 9],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(types(cx)),
    },
    Probe {
        id: "list.no_dir_markers",
        title: "Nothing is listed that nobody wrote: no keys that stand for directories",
        breaks: "tag lists of distribution 2.8 have a tag without a name, and its garbage collection ends",
        severity: Severities::all(Severity::Info).and(Profile::D28, Severity::Degraded),
        source: &["distribution#2387", "distribution#2119"],
        level: Level::Standard,
        requests: [0, 20, 20],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(no_markers(cx)),
    },
    Probe {
        id: "list.many_latency",
        title: "Ten thousand keys are listed whole, and how long a page takes",
        breaks: "nothing by its speed; catalog and garbage collection walk all keys, and must not miss one",
        severity: Severities::all(Severity::Info),
        source: &["harbor#12948", "harbor#15807", "harbor#18132"],
        level: Level::Heavy,
        requests: [0, 0, 10_300],
        bytes: [0, 0, 16 * SMALL],
        run: |cx| Box::pin(many(cx)),
    },
];

async fn written(cx: &Cx, names: &[&str]) -> Check<Vec<String>> {
    let keys: Vec<_> = names.iter().map(|name| cx.key(name)).collect();
    for key in &keys {
        cx.put(key, "12345").await.prepared()?;
    }
    settled(cx, &cx.key(""), keys.len()).await?;
    Ok(keys)
}

async fn key_count(cx: &Cx) -> Check {
    written(cx, &["a", "b/c", "b/d"]).await?;
    let page = cx.list(Version::V2, &[("prefix", &cx.key("")), ("delimiter", "/")]).await.prepared()?;
    let (keys, prefixes) = entries(&page).prepared()?;
    let (count, said) = (keys.len() + prefixes.len(), page.text_of("KeyCount"));
    due!(
        said.is_none_or(|said| said == count.to_string()),
        "KeyCount is {:?} on a page of {count} entries",
        said.unwrap_or_default()
    );
    Ok(())
}

async fn types(cx: &Cx) -> Check {
    let keys = written(cx, &["object"]).await?;
    let page = cx.list(Version::V2, &[("prefix", &keys[0])]).await.prepared()?;
    let text = |name: &str| {
        page.all("Contents").next().and_then(|contents| contents.text_of(name)).unwrap_or_default().to_owned()
    };
    let (size, date) = (text("Size"), text("LastModified"));
    due!(size == "5", "Size is {size:?} where 5 bytes were stored");
    let utc = OffsetDateTime::parse(&date, &Rfc3339).is_ok_and(|date| date.offset().is_utc());
    due!(utc, "LastModified is {date:?}, which is not ISO 8601 in UTC");
    Ok(())
}

async fn no_markers(cx: &Cx) -> Check {
    let mut due = written(cx, &["a/b/object", "a/other"]).await?;
    let upload = cx.key("c/d/data");
    cx.upload(&upload, &[cx.content("1", 1000)]).await.prepared()?;
    due.push(upload);
    settled(cx, &cx.key(""), due.len()).await?;
    let page = cx.list(Version::V2, &[("prefix", &cx.key(""))]).await.prepared()?;
    let found: Vec<_> = entries(&page).prepared()?.0.into_iter().map(|entry| entry.key).collect();
    let markers: Vec<_> = found.into_iter().filter(|key| key.ends_with('/')).collect();
    due!(markers.is_empty(), "keys are listed that nobody wrote: {}", names(&markers, &cx.key("")));
    Ok(())
}

async fn many(cx: &Cx) -> Check {
    let each = MANY / DIRECTORIES;
    let keys: Vec<_> = (0..MANY).map(|at| cx.key(&format!("{:03}/{:03}", at / each, at % each))).collect();
    let put = |key: String| async move { cx.put(&key, "x").await };
    let puts = stream::iter(keys.clone()).map(put);
    puts.buffer_unordered(16).try_for_each(|_| async { Ok(()) }).await.prepared()?;
    settled(cx, &cx.key(""), 1000).await?;
    let directories: Vec<_> = (0..DIRECTORIES).map(|at| cx.key(&format!("{at:03}/"))).collect();
    for (name, delimiter, due) in [("flat_p95_ms", "", keys), ("by_directory_p95_ms", "/", directories)] {
        let mut times = Vec::new();
        let paged = Paged { prefix: &cx.key(""), delimiter, length: "1000", times: Some(&mut times) };
        walk(cx, paged, &due).await?;
        let p95 = percentile(&mut times, 0.95);
        cx.measure(name, p95);
        if p95 > SLOW.as_secs_f64() * 1e3 {
            cx.note(format!("a page of {MANY} keys takes {p95} ms: walks of the whole store take long"));
        }
    }
    Ok(())
}
