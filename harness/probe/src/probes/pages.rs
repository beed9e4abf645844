//! Listings of several pages: complete, without repetition, and with an end.

use futures_util::{StreamExt, TryStreamExt, stream};
use shakedown_s3call::xml::Element;
use tokio::time::Instant;

use super::errors::settled;
use crate::answer::Prepared as _;
use crate::calls::{Version, entries};
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, End, Probe, Severities, Severity, due};
use crate::profile::Profile;

const GROUP: [Profile; 3] = [Profile::Distribution3, Profile::Zot, Profile::Gitlab];
const REQUESTS: [u32; 3] = [26, 1400, 1400];
/// Objects for several pages of two, and for more than S3's page of a thousand.
const FEW: usize = 5;
const MANY: usize = 1005;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "list.v1_paging",
        title: "ListObjects with a delimiter gives all directories in several pages, and ends",
        breaks: "distribution 2.8 asks for the same page for ever, a hundred times a second",
        severity: Severities::only(Profile::D28, Severity::Blocker).and(&[Profile::Quay], Severity::Degraded),
        source: &["supabase/storage#1047"],
        level: Level::Quick,
        requests: REQUESTS,
        bytes: [SMALL, 8 * SMALL, 8 * SMALL],
        run: |cx| Box::pin(v1(cx)),
    },
    Probe {
        id: "list.v2_paging",
        title: "ListObjectsV2 gives all keys in several pages, none twice, and ends",
        breaks: "catalog and garbage collection miss objects, and live blobs are deleted",
        severity: Severities::all(Severity::Blocker).and(&[Profile::Gitea], Severity::Info),
        source: &["rustfs#3217"],
        level: Level::Quick,
        requests: REQUESTS,
        bytes: [SMALL, 8 * SMALL, 8 * SMALL],
        run: |cx| Box::pin(v2(cx)),
    },
    Probe {
        id: "list.v2_start_after",
        title: "start-after begins behind that key",
        breaks: "distribution 3 lists tags twice or not at all, and deletes too little",
        severity: Severities::only(&GROUP, Severity::Blocker),
        source: &[],
        level: Level::Quick,
        requests: [11; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(start_after(cx)),
    },
    Probe {
        id: "list.v2_start_after_empty",
        title: "An empty start-after is no start-after",
        breaks: "distribution 3 sends it: catalog and tag lists are 500",
        severity: Severities::only(&GROUP, Severity::Blocker),
        source: &[],
        level: Level::Quick,
        requests: [9; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(start_after_empty(cx)),
    },
];

/// Writes directories with one object each and waits until they are listed; gives the directories.
async fn directories(cx: &Cx) -> Check<Vec<String>> {
    let count = cx.times(FEW as u32, MANY as u32, MANY as u32) as usize;
    let names: Vec<_> = (0..count).map(|at| cx.key(&format!("{at:05}/"))).collect();
    let put = |dir: String| async move { cx.put(&format!("{dir}link"), "x").await };
    let puts = stream::iter(names.clone()).map(put);
    puts.buffer_unordered(16).try_for_each(|_| async { Ok(()) }).await.prepared()?;
    settled(cx, &cx.key(""), count.min(1000)).await?;
    Ok(names)
}

/// Small pages where there are few; where there are many, S3's own length.
fn page_length(cx: &Cx) -> String {
    cx.times(2, 1000, 1000).to_string()
}

fn goes_on(page: &Element) -> Check<bool> {
    match page.text_of("IsTruncated") {
        Some(said) => Ok(said == "true"),
        None => Err(End::Blocked("the pages lack IsTruncated".into())),
    }
}

/// Compares what all pages gave with what was written.
fn complete(mut found: Vec<String>, due: &[String]) -> Check {
    let all = found.len();
    found.sort();
    found.dedup();
    due!(found.len() == all, "{} entries were listed twice", all - found.len());
    let missing = due.iter().filter(|key| !found.contains(key)).count();
    due!(
        missing == 0 && found.len() == due.len(),
        "{} of {} entries were listed, {missing} are missing",
        found.len(),
        due.len()
    );
    Ok(())
}

async fn v1(cx: &Cx) -> Check {
    let due = directories(cx).await?;
    let (prefix, length) = (cx.key(""), page_length(cx));
    let (mut found, mut marker) = (Vec::new(), String::new());
    for _ in 0..=due.len() {
        let page = cx
            .list(Version::V1, &[("prefix", &prefix), ("delimiter", "/"), ("max-keys", &length), ("marker", &marker)])
            .await?;
        found.extend(entries(&page)?.1);
        if !goes_on(&page)? {
            return complete(found, &due);
        }
        let next = page.text_of("NextMarker").unwrap_or_default();
        due!(!next.is_empty(), "a truncated page has no NextMarker: a driver asks for it again for ever");
        due!(next != marker, "NextMarker does not move");
        next.clone_into(&mut marker);
    }
    due!(false, "the listing does not end: {} pages for {} entries", due.len() + 1, due.len());
    Ok(())
}

async fn v2(cx: &Cx) -> Check {
    let due: Vec<_> = directories(cx).await?.into_iter().map(|dir| format!("{dir}link")).collect();
    let paged = Paged { prefix: &cx.key(""), delimiter: "", length: &page_length(cx), times: None };
    walk(cx, paged, &due).await
}

/// A listing of several pages by version 2.
pub(super) struct Paged<'a> {
    pub(super) prefix: &'a str,
    /// Empty: keys are listed; else the directories.
    pub(super) delimiter: &'a str,
    pub(super) length: &'a str,
    /// How long each page took, in milliseconds.
    pub(super) times: Option<&'a mut Vec<f64>>,
}

/// Follows it to its end: all that is due, nothing twice, and an end.
pub(super) async fn walk(cx: &Cx, mut paged: Paged<'_>, due: &[String]) -> Check {
    let (mut found, mut token) = (Vec::new(), None::<String>);
    for _ in 0..=due.len() {
        let mut query = vec![("prefix", paged.prefix), ("max-keys", paged.length)];
        query.extend(Some(("delimiter", paged.delimiter)).filter(|(_, delimiter)| !delimiter.is_empty()));
        query.extend(token.as_ref().map(|token| ("continuation-token", token.as_str())));
        let asked = Instant::now();
        let page = cx.list(Version::V2, &query).await?;
        if let Some(times) = &mut paged.times {
            times.push(asked.elapsed().as_secs_f64() * 1e3);
        }
        let (keys, prefixes) = entries(&page)?;
        found.extend(keys.into_iter().map(|entry| entry.key).chain(prefixes));
        if !goes_on(&page)? {
            return complete(found, due);
        }
        let next = page.text_of("NextContinuationToken").map(str::to_owned);
        due!(next.as_deref().is_some_and(|next| !next.is_empty()), "a truncated page has no NextContinuationToken");
        due!(next != token, "NextContinuationToken does not move");
        token = next;
    }
    due!(false, "the listing does not end: {} pages for {} entries", due.len() + 1, due.len());
    Ok(())
}

/// Three keys, listed.
async fn three(cx: &Cx) -> Check<[String; 3]> {
    let keys = ["a", "b", "c"].map(|name| cx.key(name));
    for key in &keys {
        cx.put(key, "x").await.prepared()?;
    }
    settled(cx, &cx.key(""), 3).await?;
    Ok(keys)
}

async fn start_after(cx: &Cx) -> Check {
    let keys = three(cx).await?;
    let page = cx.list(Version::V2, &[("prefix", &cx.key("")), ("start-after", &keys[0])]).await?;
    let found: Vec<_> = entries(&page)?.0.into_iter().map(|entry| entry.key).collect();
    due!(found == keys[1..], "start-after the first of 3 keys gives {} keys; the other 2 were due", found.len());
    Ok(())
}

async fn start_after_empty(cx: &Cx) -> Check {
    let keys = three(cx).await?;
    let page = cx.list(Version::V2, &[("prefix", &cx.key("")), ("start-after", "")]).await?;
    let found = entries(&page)?.0.len();
    due!(found == keys.len(), "an empty start-after gives {found} of {} keys", keys.len());
    Ok(())
}
