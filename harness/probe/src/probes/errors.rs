//! What is not there, and how that is said: SDKs parse the body, and an unreadable one is an error of its own.

use crate::answer::{Prepared as _, Reply};
use crate::ask::Ask;
use crate::calls::Version;
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, End, Probe, Severities, Severity, due};
use crate::profile::Profile;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "err.get_missing",
        title: "GET of an absent key is 404 with an XML body and code NoSuchKey",
        breaks: "HEAD of an absent blob is 500, and so is every first push",
        severity: Severities::all(Severity::Blocker),
        source: &["B01", "juicesync#6", "wal-g#2167"],
        level: Level::Quick,
        requests: [1; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(get_missing(cx)),
    },
    Probe {
        id: "err.head_missing",
        title: "HEAD of an absent key is 404 without a body",
        breaks: "403 hides what is absent; distribution 3 pays one more listing",
        severity: Severities::all(Severity::Degraded).and(&[Profile::Quay, Profile::Gitea], Severity::Blocker),
        source: &["seaweedfs#5535"],
        level: Level::Quick,
        requests: [1; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(head_missing(cx)),
    },
    Probe {
        id: "err.same_via_gateway",
        title: "The same errors through each address of the store",
        breaks: "what a gateway rewrites is not what the registry expects",
        severity: Severities::all(Severity::Blocker),
        source: &["B01"],
        level: Level::Quick,
        requests: [2; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(same_via_gateway(cx)),
    },
    Probe {
        id: "err.dirlike",
        title: "A key that is only the beginning of others is absent",
        breaks: "stores on file systems answer for directories: Stat finds what is not there",
        severity: Severities::only(Profile::DRIVER, Severity::Degraded),
        source: &[],
        level: Level::Quick,
        requests: [2; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(dirlike(cx)),
    },
    Probe {
        id: "err.content_type",
        title: "Error bodies are XML by their type",
        breaks: "clients that believe the type do not read the code",
        severity: Severities::all(Severity::Degraded),
        source: &["B01"],
        level: Level::Quick,
        requests: [1; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(content_type(cx)),
    },
    Probe {
        id: "err.request_id",
        title: "An error names its request",
        breaks: "nothing; without an id nobody finds the request in the store's log",
        severity: Severities::all(Severity::Info),
        source: &[],
        level: Level::Quick,
        requests: [1; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(request_id(cx)),
    },
    Probe {
        id: "err.no_such_upload",
        title: "An unknown upload is 404 with an S3 code",
        breaks: "clean-up and retries take it for trouble",
        severity: Severities::only(Profile::DRIVER, Severity::Degraded),
        source: &[],
        level: Level::Quick,
        requests: [4; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(no_such_upload(cx)),
    },
];

async fn get_missing(cx: &Cx) -> Check {
    absent(&cx.get(&cx.key("absent")).await?)
}

/// What the drivers compare literally.
fn absent(reply: &Reply) -> Check {
    let code = reply.code();
    due!(
        reply.status == 404 && code.as_deref() == Some("NoSuchKey"),
        "{} answered {}; 404 with <Code>NoSuchKey</Code> was due",
        reply.what,
        reply.seen()
    );
    Ok(())
}

async fn head_missing(cx: &Cx) -> Check {
    let reply = cx.head(&cx.key("absent")).await?;
    reply.status(404)?;
    due!(reply.body.is_empty(), "the answer to HEAD has a body of {} bytes", reply.body.len());
    Ok(())
}

async fn same_via_gateway(cx: &Cx) -> Check {
    let Some(other) = cx.run.target.behind.as_ref().or(cx.run.target.public.as_ref()) else {
        return Err(End::NotAsked("only one address was given; --gateway and --public-host give another".into()));
    };
    let key = cx.key("absent");
    let ask = || Ask::get(&key).header("range", "bytes=0-").fresh();
    let (here, there) = (cx.send(ask()).await?, cx.send(ask().at(other)).await?);
    let (here, there) = (here.seen(), there.seen());
    due!(here == there, "an absent key is {here} at the endpoint and {there} at the other address");
    Ok(())
}

async fn dirlike(cx: &Cx) -> Check {
    cx.put(&cx.key("dir/object"), "x").await.prepared()?;
    absent(&cx.get(&cx.key("dir")).await?)
}

async fn content_type(cx: &Cx) -> Check {
    let reply = cx.get(&cx.key("absent")).await?;
    let kind = reply.header("content-type");
    let xml = kind.contains("xml") || (kind.is_empty() && reply.code().is_some());
    due!(xml, "the body of an error has Content-Type {kind:?}; application/xml was due");
    Ok(())
}

async fn request_id(cx: &Cx) -> Check {
    let reply = cx.get(&cx.key("absent")).await?;
    let inside = reply.root().is_some_and(|root| root.text_of("RequestId").is_some_and(|id| !id.is_empty()));
    let outside = !reply.header("x-amz-request-id").is_empty();
    due!(inside || outside, "an error has neither x-amz-request-id nor <RequestId>");
    if !(inside && outside) {
        cx.note(if inside { "the header x-amz-request-id is missing" } else { "<RequestId> is missing" });
    }
    Ok(())
}

async fn no_such_upload(cx: &Cx) -> Check {
    let key = cx.key("object");
    // An id of this store that is no longer good: made-up ones may be malformed to it.
    let id = cx.create(&key).await.prepared()?;
    cx.abort(&key, &id).await?.success().prepared()?;
    let parts = cx.send(Ask::get(&key).query("uploadId", &id).fresh()).await?;
    for reply in [parts, cx.try_complete(&key, &id, &[(1, "\"0\"")]).await?] {
        // RGW says NoSuchKey for some of these, and drivers take both.
        let known = matches!(reply.code().as_deref(), Some("NoSuchUpload" | "NoSuchKey"));
        due!(reply.status == 404 && known, "{} answered {}; 404 NoSuchUpload was due", reply.what, reply.seen());
    }
    Ok(())
}

/// Waits until a listing shows all these keys: what a listing says is one question, when it says it another (cons.*).
pub(super) async fn settled(cx: &Cx, prefix: &str, count: usize) -> Check {
    for pause in [0, 100, 200, 400, 800, 1600, 3200] {
        tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
        let page = cx.list(Version::V2, &[("prefix", prefix)]).await;
        match page {
            Ok(page) if page.all("Contents").count() >= count => return Ok(()),
            Err(End::Spent(reason)) => return Err(End::Spent(reason)),
            // Stores without this version of the listing: the probe itself says so.
            Err(_) => return Ok(()),
            Ok(_) => {}
        }
    }
    Ok(())
}
