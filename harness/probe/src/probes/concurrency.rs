//! Several clients at one key: what they read is whole, and is always there.

use bytes::Bytes;
use futures_util::future::{join, join_all};

use crate::answer::{Prepared as _, Reply};
use crate::calls::{Version, entries};
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, Probe, Severities, Severity, due};
use crate::profile::Profile;

/// Bytes of an object that is written while it is read: more than goes out at once.
const LENGTH: usize = 64 << 10;
const READERS: usize = 8;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "obj.overwrite_atomic",
        title: "Who reads while it is overwritten gets the old object or the new one",
        breaks: "a tag that is moved is 404 or garbage for a moment",
        severity: Severities::all(Severity::Blocker),
        source: &[],
        level: Level::Standard,
        requests: [0, 91, 301],
        bytes: [0, 5 * SMALL, 15 * SMALL],
        run: |cx| Box::pin(overwrite(cx)),
    },
    Probe {
        id: "cons.two_writers",
        title: "Two pushes of one blob leave it there, by one or the other",
        breaks: "two builds push one layer at one time, and it is missing for a moment",
        severity: Severities::all(Severity::Degraded),
        source: &[],
        level: Level::Standard,
        requests: [0, 84, 404],
        bytes: [0, SMALL, 2 * SMALL],
        run: |cx| Box::pin(two_writers(cx)),
    },
    Probe {
        id: "cons.complete_list",
        title: "A completed upload is in the listings of eight readers at once",
        breaks: "PUT is 500 `Path not found` on one of several nodes",
        severity: Severities::all(Severity::Blocker).and(&[Profile::Gitea, Profile::Quay], Severity::Degraded),
        source: &["A09"],
        level: Level::Standard,
        requests: [0, 110, 550],
        bytes: [0, SMALL, 2 * SMALL],
        run: |cx| Box::pin(complete_list(cx)),
    },
];

/// Each reply is one of the two, whole.
fn one_of(replies: &[Reply], known: [&Bytes; 2], when: &str) -> Check {
    for reply in replies {
        due!(matches!(reply.status, 200 | 206), "a read {when} answered {}", reply.seen());
        due!(
            known.contains(&&reply.body),
            "a read {when} gave {} bytes that are neither the old ones nor the new ones",
            reply.body.len()
        );
    }
    Ok(())
}

async fn reads(cx: &Cx, key: &str, count: usize) -> Check<Vec<Reply>> {
    join_all((0..count).map(|_| cx.get(key))).await.into_iter().collect()
}

async fn overwrite(cx: &Cx) -> Check {
    let key = cx.key("current/link");
    let [mut old, mut new] = ["a", "b"].map(|name| cx.content(name, LENGTH));
    cx.put(&key, old.clone()).await.prepared()?;
    for _ in 0..cx.times(0, 30, 100) {
        let (put, read) = join(cx.put(&key, new.clone()), reads(cx, &key, 2)).await;
        put.prepared()?;
        one_of(&read?, [&old, &new], "during an overwrite")?;
        std::mem::swap(&mut old, &mut new);
    }
    Ok(())
}

async fn two_writers(cx: &Cx) -> Check {
    let (sources, key) = (["a", "b"].map(|name| cx.key(&format!("_uploads/{name}/data"))), cx.key("blobs/data"));
    let contents = ["a", "b"].map(|name| cx.content(name, 1000));
    for (source, bytes) in sources.iter().zip(&contents) {
        cx.put(source, bytes.clone()).await.prepared()?;
    }
    cx.copy(&sources[0], &key).await.prepared()?;
    cx.reads(&key, &contents[0]).await.prepared()?;
    for _ in 0..cx.times(0, 20, 100) {
        let copies = join(cx.copy(&sources[0], &key), cx.copy(&sources[1], &key));
        let ((first, second), read) = join(copies, reads(cx, &key, 1)).await;
        first.prepared()?;
        second.prepared()?;
        let known = [&contents[0], &contents[1]];
        one_of(&read?, known, "during two copies to one key")?;
        one_of(&reads(cx, &key, 1).await?, known, "after two copies to one key")?;
    }
    Ok(())
}

async fn complete_list(cx: &Cx) -> Check {
    let count = cx.times(0, 10, 50);
    let mut missed = 0;
    for at in 0..count {
        let key = cx.key(&format!("{at}/data"));
        cx.upload(&key, &[cx.content("1", 1000)]).await.prepared()?;
        let query = [("prefix", key.as_str()), ("max-keys", "1")];
        for page in join_all((0..READERS).map(|_| cx.list(Version::V2, &query))).await {
            let found = entries(&page.prepared()?).prepared()?.0;
            missed += usize::from(!found.iter().any(|entry| entry.key == key));
        }
    }
    cx.measure("missed", missed as f64);
    cx.measure("of", f64::from(count) * READERS as f64);
    due!(missed == 0, "{missed} of {} listings lack an upload that was just completed", count as usize * READERS);
    Ok(())
}
