//! Rules of parts: their sums, lengths, numbers and order.

use crate::answer::{Prepared as _, Reply};
use crate::ask::Ask;
use crate::calls::{PART, content_md5};
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, End, Probe, Severities, Severity, due};
use crate::profile::Profile;

const DEGRADED: Severities = Severities::only(Profile::DRIVER, Severity::Degraded);
/// More parts than one page lists, as of a layer above 10 GB.
const MANY: u32 = 1001;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "mpu.bad_md5",
        title: "A part whose Content-MD5 is wrong is refused",
        breaks: "bytes that change on their way in are stored unseen",
        severity: Severities::all(Severity::Degraded),
        source: &[],
        level: Level::Standard,
        requests: [0, 3, 3],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(bad_md5(cx)),
    },
    Probe {
        id: "mpu.big_last",
        title: "The last part may be longer than the others",
        breaks: "distribution 2.8 sends a last part of up to two chunks",
        severity: Severities::only(Profile::D28, Severity::Blocker),
        source: &[],
        level: Level::Standard,
        requests: [0, 5, 5],
        bytes: [0, 6 * SMALL, 6 * SMALL],
        run: |cx| Box::pin(big_last(cx)),
    },
    Probe {
        id: "mpu.small_nonlast",
        title: "A short part before the last one is refused as EntityTooSmall, or taken",
        breaks: "nothing: the drivers keep S3's rule",
        severity: Severities::all(Severity::Info),
        source: &[],
        level: Level::Standard,
        requests: [0, 5, 5],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(small_not_last(cx)),
    },
    Probe {
        id: "mpu.empty_complete",
        title: "Completing without parts is refused, or makes an empty object",
        breaks: "nothing by itself: distribution 2.8 can push an empty blob only where it is taken",
        severity: Severities::all(Severity::Info),
        source: &["distribution#3763", "distribution#3866"],
        level: Level::Standard,
        requests: [0, 3, 3],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(empty_complete(cx)),
    },
    Probe {
        id: "mpu.reupload_part",
        title: "A part that is sent again replaces the first",
        breaks: "a part that an SDK repeats after a lost answer",
        severity: DEGRADED,
        source: &[],
        level: Level::Standard,
        requests: [0, 5, 5],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(again(cx)),
    },
    Probe {
        id: "mpu.list_parts_paging",
        title: "The parts of an upload are listed in several pages, and the pages end",
        breaks: "layers above 10 GB",
        severity: DEGRADED,
        source: &["container-registry#1062"],
        level: Level::Standard,
        requests: [0, 10, MANY + 10],
        bytes: [0, SMALL, 2 * SMALL],
        run: |cx| Box::pin(paging(cx)),
    },
    Probe {
        id: "mpu.part_10000",
        title: "Part number 10000 is taken",
        breaks: "nothing below 97 GiB at the drivers' usual part length",
        severity: Severities::all(Severity::Info),
        source: &[],
        level: Level::Standard,
        requests: [0, 4, 4],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(last_number(cx)),
    },
];

async fn bad_md5(cx: &Cx) -> Check {
    let key = cx.key("data");
    let id = cx.create(&key).await.prepared()?;
    let ask = Ask::put(&key, cx.content("1", 1000)).query("partNumber", 1).query("uploadId", &id);
    let reply = cx.send(ask.header("content-md5", &content_md5(b"something else"))).await?;
    due!(reply.status >= 400, "a part whose Content-MD5 is wrong answered {}; 400 was due", reply.seen());
    cx.abort(&key, &id).await.prepared().map(drop)
}

/// Uploads parts of these lengths and completes; gives the answer to that.
async fn completed(cx: &Cx, key: &str, lengths: &[usize]) -> Check<(String, Reply)> {
    let id = cx.create(key).await.prepared()?;
    let mut etags = Vec::new();
    for (number, length) in (1..).zip(lengths) {
        etags.push((number, cx.part(key, &id, number, cx.content(&number.to_string(), *length)).await.prepared()?));
    }
    let etags: Vec<_> = etags.iter().map(|(number, etag)| (*number, etag.as_str())).collect();
    let reply = cx.try_complete(key, &id, &etags).await?;
    Ok((id, reply))
}

async fn big_last(cx: &Cx) -> Check {
    let (_, reply) = completed(cx, &cx.key("data"), &[PART, PART + (4 << 20)]).await?;
    reply.status(200).map(drop)
}

/// 200, or a refusal with this reason; which of them is noted.
async fn either(cx: &Cx, (key, id): (&str, &str), reply: Reply, codes: &[&str]) -> Check {
    let refused = reply.status == 400 && reply.code().is_some_and(|code| codes.contains(&code.as_str()));
    due!(
        reply.status == 200 || refused,
        "{} answered {}; 200 or 400 {} was due",
        reply.what,
        reply.seen(),
        codes.join(" or ")
    );
    cx.note(format!("it is answered {}", reply.seen()));
    if refused {
        cx.abort(key, id).await.prepared()?;
    }
    Ok(())
}

async fn small_not_last(cx: &Cx) -> Check {
    let key = cx.key("data");
    let (id, reply) = completed(cx, &key, &[1000, 1000]).await?;
    either(cx, (&key, &id), reply, &["EntityTooSmall"]).await
}

async fn empty_complete(cx: &Cx) -> Check {
    let key = cx.key("data");
    let (id, reply) = completed(cx, &key, &[]).await?;
    either(cx, (&key, &id), reply, &["MalformedXML", "InvalidRequest", "InvalidPart", "InvalidArgument"]).await
}

async fn again(cx: &Cx) -> Check {
    let (key, new) = (cx.key("data"), cx.content("new", 1200));
    let id = cx.create(&key).await.prepared()?;
    cx.part(&key, &id, 1, cx.content("old", 1000)).await.prepared()?;
    let etag = cx.part(&key, &id, 1, new.clone()).await?;
    cx.try_complete(&key, &id, &[(1, &etag)]).await?.status(200)?;
    cx.reads(&key, &new).await
}

/// Three parts in pages of two; at the level heavy more than S3's page, as a driver asks.
async fn paging(cx: &Cx) -> Check {
    let (key, count) = (cx.key("data"), cx.times(0, 3, MANY));
    let id = cx.create(&key).await.prepared()?;
    for number in 1..=count {
        cx.part(&key, &id, number, "x").await.prepared()?;
    }
    let (mut found, mut marker) = (Vec::new(), String::new());
    for page in 1.. {
        let mut ask = Ask::get(&key).query("uploadId", &id).fresh();
        if count != MANY {
            ask = ask.query("max-parts", 2);
        }
        if !marker.is_empty() {
            ask = ask.query("part-number-marker", &marker);
        }
        let reply = cx.send(ask).await?;
        let root = reply.status(200)?.document("ListPartsResult")?;
        let numbers = root.all("Part").filter_map(|part| part.text_of("PartNumber")?.parse::<u32>().ok());
        found.extend(numbers);
        if root.text_of("IsTruncated").ok_or_else(|| End::Blocked("the page lacks IsTruncated".into()))? != "true" {
            break;
        }
        let next = root.text_of("NextPartNumberMarker").unwrap_or_default().to_owned();
        due!(!next.is_empty() && next != marker, "NextPartNumberMarker of a truncated page does not move: {next:?}");
        due!(page < 6, "{page} pages for {count} parts, and more are told of");
        marker = next;
    }
    due!(found == (1..=count).collect::<Vec<_>>(), "{} of {count} parts are listed, or not in order", found.len());
    cx.abort(&key, &id).await.prepared().map(drop)
}

async fn last_number(cx: &Cx) -> Check {
    let key = cx.key("data");
    let id = cx.create(&key).await.prepared()?;
    cx.part(&key, &id, 10_000, "x").await?;
    let beyond = Ask::put(&key, "x").query("partNumber", 10_001).query("uploadId", &id);
    let beyond = cx.send(beyond.header("content-md5", &content_md5(b"x"))).await?;
    cx.note(format!("part number 10001 is answered {}", beyond.seen()));
    cx.abort(&key, &id).await.prepared().map(drop)
}
