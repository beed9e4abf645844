//! Presigned addresses: where a registry sends its clients.

use http::Method;

use crate::answer::Prepared as _;
use crate::ask::{Ask, Sign};
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, End, Probe, Severities, Severity, due};
use crate::profile::Profile;

const SEVERITY: Severities = Severities::only(Profile::REDIRECTS, Severity::Blocker);
const HEAD: Severities = SEVERITY.and(&[Profile::Gitea, Profile::Quay], Severity::Info);

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "pre.get",
        title: "An address signed for GET gives the object",
        breaks: "pulls with redirects",
        severity: SEVERITY,
        source: &["C01"],
        level: Level::Quick,
        requests: [2; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(get(cx)),
    },
    Probe {
        id: "pre.head",
        title: "An address signed for HEAD answers HEAD",
        breaks: "HEAD of a blob is 403 to Harbor and docker",
        severity: HEAD,
        source: &["C02", "seaweedfs#5535", "distribution#258"],
        level: Level::Quick,
        requests: [2; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(head(cx)),
    },
    Probe {
        id: "pre.head_conversion",
        title: "Nothing on the way turns HEAD into GET",
        breaks: "nothing by itself: it tells why pre.head fails",
        severity: Severities::all(Severity::Info),
        source: &["rustfs/docs#81"],
        level: Level::Quick,
        requests: [3; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(head_conversion(cx)),
    },
    Probe {
        id: "pre.range",
        title: "A presigned address gives ranges",
        breaks: "resumed and lazy pulls with redirects",
        severity: Severities::only(Profile::REDIRECTS, Severity::Degraded),
        source: &[],
        level: Level::Quick,
        requests: [2; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(range(cx)),
    },
    Probe {
        id: "pre.public_host",
        title: "An address signed for the host that clients see gives the object",
        breaks: "pulls with redirects from outside",
        severity: SEVERITY,
        source: &["harbor#5656", "distribution#3139"],
        level: Level::Quick,
        requests: [2; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(public_host(cx)),
    },
];

/// A thousand bytes under a key.
pub(super) async fn stored(cx: &Cx) -> Check<(String, bytes::Bytes)> {
    let (key, bytes) = (cx.key("blobs/data"), cx.content("it", 1000));
    cx.put(&key, bytes.clone()).await.prepared()?;
    Ok((key, bytes))
}

pub(super) fn presigned(method: Method, key: &str, signed_for: Method) -> Ask {
    Ask::new(method, key).sign(Sign::Presigned(signed_for)).fresh()
}

async fn get(cx: &Cx) -> Check {
    let (key, bytes) = stored(cx).await?;
    cx.send(presigned(Method::GET, &key, Method::GET)).await?.status(200)?.body_is(&bytes)
}

async fn head(cx: &Cx) -> Check {
    let (key, _) = stored(cx).await?;
    let reply = cx.send(presigned(Method::HEAD, &key, Method::HEAD)).await?;
    let length = reply.status(200)?.header("content-length");
    due!(length == "1000", "HEAD of 1000 bytes has Content-Length {length:?}");
    Ok(())
}

async fn head_conversion(cx: &Cx) -> Check {
    let (key, _) = stored(cx).await?;
    let right = cx.send(presigned(Method::HEAD, &key, Method::HEAD)).await?;
    if right.status == 200 {
        return Ok(());
    }
    let wrong = cx.send(presigned(Method::HEAD, &key, Method::GET)).await?;
    due!(
        wrong.status != 200,
        "HEAD signed for HEAD is {}, HEAD signed for GET is 200: something on the way turns HEAD into GET \
         (nginx: proxy_cache_convert_head off)",
        right.status
    );
    Ok(())
}

async fn range(cx: &Cx) -> Check {
    let (key, bytes) = stored(cx).await?;
    let reply = cx.send(presigned(Method::GET, &key, Method::GET).header("range", "bytes=500-")).await?;
    reply.status(206)?.body_is(&bytes[500..])
}

async fn public_host(cx: &Cx) -> Check {
    let Some(public) = &cx.run.target.public else {
        return Err(End::NotAsked("no other host was given; --public-host names the one that clients see".into()));
    };
    let (key, bytes) = stored(cx).await?;
    let reply = cx.send(presigned(Method::GET, &key, Method::GET).at(public)).await.map_err(|end| match end {
        End::Gone(reason) => End::Fails(reason),
        other => other,
    })?;
    reply.status(200)?.body_is(&bytes)
}
