//! The parts of an upload: what is listed of them, how long they may be.

use crate::answer::Prepared as _;
use crate::calls::{PART, Version, entries};
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, Probe, Severities, Severity, due};
use crate::profile::Profile;

const LISTED: Severities = Severities::only(Profile::DRIVER, Severity::Blocker);

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "mpu.upload_part",
        title: "A part of 5 MiB and a short one are taken, with Content-MD5",
        breaks: "every push; behind a gateway with a limit (413), those of layers above it",
        severity: Severities::all(Severity::Blocker),
        source: &[],
        level: Level::Quick,
        requests: [4; 3],
        bytes: [4 * SMALL; 3],
        run: |cx| Box::pin(taken(cx)),
    },
    Probe {
        id: "mpu.list_parts_empty",
        title: "ListParts of a new upload is an empty list",
        breaks: "PATCH is 500 before its first byte",
        severity: LISTED,
        source: &["seaweedfs#2665", "rustfs#2760"],
        level: Level::Quick,
        requests: [3; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(none_yet(cx)),
    },
    Probe {
        id: "mpu.list_parts_after",
        title: "ListParts shows the parts at once: in order, with sizes and ETags",
        breaks: "PUT of the upload is 404 or 416: its bytes are not found",
        severity: LISTED,
        source: &["rustfs#816", "rustfs#1181"],
        level: Level::Quick,
        requests: [6; 3],
        bytes: [4 * SMALL; 3],
        run: |cx| Box::pin(two(cx)),
    },
    Probe {
        id: "mpu.invisible",
        title: "An upload is no object until it is completed",
        breaks: "Stat finds half a blob",
        severity: LISTED,
        source: &[],
        level: Level::Quick,
        requests: [5; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(invisible(cx)),
    },
    Probe {
        id: "mpu.unequal_parts",
        title: "Parts may differ in length: 5, 6 and 5 MiB",
        breaks: "chunked pushes end in 500 InvalidPart",
        severity: Severities::only(Profile::D28, Severity::Blocker).and(Profile::D3, Severity::Degraded),
        source: &["A19", "distribution#3873", "harbor#22063", "zot#2142"],
        level: Level::Quick,
        requests: [6; 3],
        bytes: [6 * SMALL; 3],
        run: |cx| Box::pin(unequal(cx)),
    },
    Probe {
        id: "mpu.tiny_single",
        title: "An upload of one part of one byte",
        breaks: "every small blob",
        severity: LISTED,
        source: &[],
        level: Level::Quick,
        requests: [4; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(single(cx, 1)),
    },
    Probe {
        id: "mpu.zero_part",
        title: "An upload of one part of no bytes",
        breaks: "empty blobs of distribution 3",
        severity: Severities::only(Profile::D3, Severity::Degraded),
        source: &["distribution#3763", "distribution#3866"],
        level: Level::Quick,
        requests: [4; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(single(cx, 0)),
    },
];

async fn taken(cx: &Cx) -> Check {
    let key = cx.key("data");
    let id = cx.create(&key).await.prepared()?;
    cx.part(&key, &id, 1, cx.content("1", PART)).await?;
    cx.part(&key, &id, 2, cx.content("2", 1000)).await?;
    cx.abort(&key, &id).await.prepared().map(drop)
}

async fn none_yet(cx: &Cx) -> Check {
    let key = cx.key("data");
    let id = cx.create(&key).await.prepared()?;
    let page = cx.parts(&key, &id).await?;
    let count = page.all("Part").count();
    due!(count == 0, "a new upload has {count} parts");
    cx.abort(&key, &id).await.prepared().map(drop)
}

async fn two(cx: &Cx) -> Check {
    let key = cx.key("data");
    let id = cx.create(&key).await.prepared()?;
    let first = cx.part(&key, &id, 1, cx.content("1", PART)).await.prepared()?;
    let second = cx.part(&key, &id, 2, cx.content("2", 1000)).await.prepared()?;
    let page = cx.parts(&key, &id).await?;
    let text = |part: &shakedown_s3call::xml::Element, name: &str| part.text_of(name).unwrap_or_default().to_owned();
    let listed: Vec<_> = page
        .all("Part")
        .map(|part| (text(part, "PartNumber"), text(part, "Size"), bare(&text(part, "ETag"))))
        .collect();
    let due = [("1".to_owned(), PART.to_string(), bare(&first)), ("2".to_owned(), "1000".to_owned(), bare(&second))];
    due!(listed == due, "ListParts shows {listed:?}; {due:?} was due");
    cx.abort(&key, &id).await.prepared().map(drop)
}

/// An ETag without its quotes: stores differ in them, and drivers do not care.
fn bare(etag: &str) -> String {
    etag.trim_matches('"').to_owned()
}

async fn invisible(cx: &Cx) -> Check {
    let key = cx.key("data");
    let id = cx.create(&key).await.prepared()?;
    cx.part(&key, &id, 1, cx.content("1", 1000)).await.prepared()?;
    let head = cx.head(&key).await?;
    due!(head.status != 200, "HEAD of a key with an open upload is 200");
    let page = cx.list(Version::V1, &[("prefix", &key)]).await.prepared()?;
    let count = entries(&page).prepared()?.0.len();
    due!(count == 0, "an open upload is listed as an object");
    cx.abort(&key, &id).await.prepared().map(drop)
}

async fn unequal(cx: &Cx) -> Check {
    let key = cx.key("data");
    let parts = [cx.content("1", PART), cx.content("2", PART + (1 << 20)), cx.content("3", PART)];
    let id = cx.create(&key).await.prepared()?;
    let mut etags = Vec::new();
    for (number, part) in (1..).zip(&parts) {
        etags.push((number, cx.part(&key, &id, number, part.clone()).await.prepared()?));
    }
    let etags: Vec<_> = etags.iter().map(|(number, etag)| (*number, etag.as_str())).collect();
    // A success that proves nothing is mpu.complete_body's.
    cx.try_complete(&key, &id, &etags).await?.status(200).map(drop)
}

async fn single(cx: &Cx, length: usize) -> Check {
    let (key, bytes) = (cx.key("data"), cx.content("it", length));
    let id = cx.create(&key).await.prepared()?;
    let etag = cx.part(&key, &id, 1, bytes.clone()).await?;
    cx.try_complete(&key, &id, &[(1, &etag)]).await?.status(200)?;
    cx.reads(&key, &bytes).await
}
