//! What else holds for presigned addresses: what they are good for, for how long, and on what way.

use http::Method;

use super::presign::{presigned, stored};
use crate::answer::Prepared as _;
use crate::ask::{Ask, Sign};
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, End, Probe, Severities, Severity, due};
use crate::profile::Profile;

const DEGRADED: Severities = Severities::only(Profile::REDIRECTS, Severity::Degraded);

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "pre.method_bound",
        title: "An address signed for GET refuses HEAD",
        breaks: "nothing of a registry, which signs for the method; it tells what clients see that change it",
        severity: Severities::all(Severity::Info),
        source: &["pulp_container#579", "moby#50065"],
        level: Level::Standard,
        requests: [0, 2, 2],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(method_bound(cx)),
    },
    Probe {
        id: "pre.expired",
        title: "An address whose time is over is refused",
        breaks: "who was ever given an address keeps access",
        severity: DEGRADED,
        source: &[],
        level: Level::Standard,
        requests: [0, 2, 2],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(expired(cx)),
    },
    Probe {
        id: "pre.tampered",
        title: "The signature of one object's address opens no other object",
        breaks: "who may pull one image may read all",
        severity: DEGRADED,
        source: &[],
        level: Level::Standard,
        requests: [0, 2, 2],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(tampered(cx)),
    },
    Probe {
        id: "pre.with_bearer",
        title: "A presigned address with the registry's token beside it is answered, or refused with a reason",
        breaks: "nothing by itself: clients that send their token along get that answer",
        severity: Severities::all(Severity::Info),
        source: &[],
        level: Level::Standard,
        requests: [0, 2, 2],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(with_bearer(cx)),
    },
    Probe {
        id: "pre.tls_chain",
        title: "The certificate of the host that clients see is valid",
        breaks: "pulls with redirects: x509 errors at the client",
        severity: Severities::only(Profile::REDIRECTS, Severity::Blocker),
        source: &[],
        level: Level::Quick,
        requests: [2; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(tls_chain(cx)),
    },
];

async fn method_bound(cx: &Cx) -> Check {
    let (key, _) = stored(cx).await?;
    let reply = cx.send(presigned(Method::HEAD, &key, Method::GET)).await?;
    due!(reply.status >= 400, "HEAD at an address signed for GET answered {}; 403 was due", reply.seen());
    Ok(())
}

async fn expired(cx: &Cx) -> Check {
    let (key, _) = stored(cx).await?;
    let reply = cx.send(Ask::get(&key).sign(Sign::Expired).fresh()).await?;
    due!(reply.status >= 400, "an address whose time was over two hours ago answered {}; 403 was due", reply.seen());
    Ok(())
}

async fn tampered(cx: &Cx) -> Check {
    let (key, _) = stored(cx).await?;
    let reply = cx.send(Ask::get(&key).sign(Sign::PresignedFor(cx.key("another"))).fresh()).await?;
    due!(reply.status >= 400, "the address of another object answered {} for this one; 403 was due", reply.seen());
    Ok(())
}

async fn with_bearer(cx: &Cx) -> Check {
    let (key, bytes) = stored(cx).await?;
    let ask = presigned(Method::GET, &key, Method::GET).header("authorization", "Bearer not-a-token-of-this-store");
    let reply = cx.send(ask).await?;
    cx.note(format!("with an Authorization of somebody else it is {}", reply.seen()));
    if reply.status == 200 {
        return reply.body_is(&bytes);
    }
    let told = (400..500).contains(&reply.status) && reply.code().is_some();
    due!(
        told,
        "a presigned address with a bearer token answered {}; 200, or 400 with an S3 code, was due",
        reply.seen()
    );
    Ok(())
}

async fn tls_chain(cx: &Cx) -> Check {
    let target = &cx.run.target;
    let base = target.public.as_ref().unwrap_or(&target.endpoint);
    if base.scheme_str() != Some("https") {
        return Err(End::NotAsked("the address that clients see is not https".into()));
    }
    let (key, _) = stored(cx).await?;
    match cx.send(presigned(Method::GET, &key, Method::GET).at(base)).await {
        // What it answers is pre.public_host's.
        Ok(_) => Ok(()),
        Err(End::Gone(reason)) if reason.contains("TLS") => Err(End::Fails(reason)),
        Err(End::Gone(reason)) => Err(End::Blocked(reason)),
        other => other.prepared().map(drop),
    }
}
