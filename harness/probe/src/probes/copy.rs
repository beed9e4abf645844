//! Copies: how a finished upload becomes a blob.

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::answer::Prepared as _;
use crate::ask::Ask;
use crate::calls::PART;
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, End, Probe, Severities, Severity, due};
use crate::profile::Profile;

const SEVERITY: Severities =
    Severities::only(Profile::DRIVER, Severity::Blocker).and(&[Profile::Quay], Severity::Blocker);

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "copy.object",
        title: "A copied object is there, byte for byte",
        breaks: "PUT is 201 and the blob is lost",
        severity: SEVERITY,
        source: &["A14", "seaweedfs#8908"],
        level: Level::Quick,
        requests: [3; 3],
        bytes: [2 * SMALL; 3],
        run: |cx| Box::pin(object(cx)),
    },
    Probe {
        id: "copy.part_range",
        title: "Ranges of an object are copied into parts",
        breaks: "layers above 32 MiB",
        severity: SEVERITY,
        source: &["harbor#2659", "storj/roadmap#40", "minio#3661"],
        level: Level::Quick,
        requests: [7; 3],
        bytes: [8 * SMALL; 3],
        run: |cx| Box::pin(part_range(cx)),
    },
    Probe {
        id: "copy.parallel",
        title: "The same with eight ranges at once",
        breaks: "large layers, by throttling",
        severity: Severities::only(Profile::DRIVER, Severity::Degraded),
        source: &[],
        level: Level::Standard,
        requests: [0, 14, 14],
        bytes: [0, 26 * SMALL, 26 * SMALL],
        run: |cx| Box::pin(parallel(cx)),
    },
    Probe {
        id: "copy.overwrite",
        title: "A copy over an object that is there is read at once",
        breaks: "zot reads its index of before the push",
        severity: Severities::only(&[Profile::Zot], Severity::Blocker).and(Profile::D28, Severity::Degraded),
        source: &[],
        level: Level::Quick,
        requests: [4; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(overwrite(cx)),
    },
    Probe {
        id: "copy.missing_source",
        title: "Copying what is not there is 404 NoSuchKey",
        breaks: "the reason of a failed push is not told",
        severity: Severities::only(Profile::DRIVER, Severity::Degraded),
        source: &[],
        level: Level::Quick,
        requests: [1; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(missing_source(cx)),
    },
    Probe {
        id: "copy.encrypted",
        title: "Ranges of an encrypted object are copied into parts",
        breaks: "layers above 32 MiB of a registry with `encrypt: true`, by 500 InvalidPart",
        severity: Severities::only(Profile::DRIVER, Severity::Degraded),
        source: &["minio#17519"],
        level: Level::Standard,
        requests: [0, 7, 7],
        bytes: [0, 6 * SMALL, 6 * SMALL],
        run: |cx| Box::pin(encrypted(cx)),
    },
];

async fn object(cx: &Cx) -> Check {
    let (source, key, bytes) = (cx.key("_uploads/1/data"), cx.key("blobs/sha256/00/data"), cx.content("it", 100_000));
    cx.put(&source, bytes.clone()).await.prepared()?;
    cx.copy(&source, &key).await?;
    cx.reads(&key, &bytes).await
}

async fn part_range(cx: &Cx) -> Check {
    let (source, key, bytes) = (cx.key("source"), cx.key("data"), cx.content("it", PART + 1000));
    cx.put(&source, bytes.clone()).await.prepared()?;
    let id = cx.create(&key).await.prepared()?;
    let first = cx.part_copy((&key, &id, 1), &source, Some(&format!("bytes=0-{}", PART - 1))).await?;
    let rest = cx.part_copy((&key, &id, 2), &source, Some(&format!("bytes={PART}-{}", PART + 999))).await?;
    cx.try_complete(&key, &id, &[(1, &first), (2, &rest)]).await?.status(200)?;
    cx.reads(&key, &bytes).await
}

async fn parallel(cx: &Cx) -> Check {
    const RANGES: usize = 8;
    let (source, key, bytes) = (cx.key("source"), cx.key("data"), cx.content("it", RANGES * PART));
    cx.put(&source, bytes.clone()).await.prepared()?;
    let id = cx.create(&key).await.prepared()?;
    let one = |number: usize| {
        let (source, key, id) = (&source, &key, &id);
        let range = format!("bytes={}-{}", (number - 1) * PART, number * PART - 1);
        async move {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            cx.part_copy((key, id, number), source, Some(&range)).await.map(|etag| (number, etag))
        }
    };
    // A range that cannot be copied alone, either, is copy.part_range's.
    let first = one(1).await.prepared()?;
    let rest: Vec<_> = stream::iter(2..=RANGES).map(one).buffered(RANGES).try_collect().await?;
    let parts: Vec<_> = [first].into_iter().chain(rest).collect();
    let parts: Vec<_> = parts.iter().map(|(number, etag)| (*number, etag.as_str())).collect();
    cx.try_complete(&key, &id, &parts).await?.status(200)?;
    cx.reads(&key, &bytes).await
}

async fn overwrite(cx: &Cx) -> Check {
    let (live, temporary) = (cx.key("index.json"), cx.key("index.json.tmp"));
    let (old, new) = (cx.content("old", 400), cx.content("new", 500));
    cx.put(&live, old).await.prepared()?;
    cx.put(&temporary, new.clone()).await.prepared()?;
    cx.copy(&temporary, &live).await.prepared()?;
    cx.reads(&live, &new).await
}

async fn missing_source(cx: &Cx) -> Check {
    let ask = Ask::put(&cx.key("object"), "").header("x-amz-copy-source", &cx.copy_source(&cx.key("absent")));
    let reply = cx.send(ask).await?;
    let code = reply.code();
    due!(
        reply.status == 404 && code.as_deref() == Some("NoSuchKey"),
        "copying what is not there answered {}; 404 NoSuchKey was due",
        reply.seen()
    );
    Ok(())
}

async fn encrypted(cx: &Cx) -> Check {
    const SSE: &str = "x-amz-server-side-encryption";
    let (source, key, bytes) = (cx.key("source"), cx.key("data"), cx.content("it", PART + 1000));
    let stored = cx.send(Ask::put(&source, bytes.clone()).header(SSE, "AES256")).await?;
    let said = cx.head(&source).await?;
    if stored.status != 200 || said.header(SSE).is_empty() {
        let why = format!("the store does not encrypt when it is asked to: PUT is {}", stored.seen());
        return Err(End::NotAsked(why));
    }
    let id = cx.create_by(Ask::post(&key, "").header(SSE, "AES256")).await?;
    let first = cx.part_copy((&key, &id, 1), &source, Some(&format!("bytes=0-{}", PART - 1))).await?;
    let rest = cx.part_copy((&key, &id, 2), &source, Some(&format!("bytes={PART}-{}", PART + 999))).await?;
    cx.try_complete(&key, &id, &[(1, &first), (2, &rest)]).await?.status(200)?;
    cx.reads(&key, &bytes).await
}
