//! How a bucket is addressed.

use crate::answer::Prepared as _;
use crate::ask::Ask;
use crate::context::Cx;
use crate::plan::Level;
use crate::probe::{Check, End, Probe, Severities, Severity, due};
use crate::profile::Profile;
use crate::target::Style;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "addr.path_style",
        title: "The bucket is addressed by path",
        breaks: "everything of a registry that forces path style with an endpoint of its own",
        severity: Severities::only(Profile::D28, Severity::Blocker),
        source: &["distribution#4452", "QuickStack#106"],
        level: Level::Quick,
        requests: [1; 3],
        bytes: [4 << 20; 3],
        run: |cx| Box::pin(listed(cx, Style::Path)),
    },
    Probe {
        id: "addr.virtual_host",
        title: "The bucket is addressed by host name",
        breaks: "registries set to forcepathstyle: false; the others do not use it",
        severity: Severities::all(Severity::Info),
        source: &["QuickStack#106"],
        level: Level::Quick,
        requests: [1; 3],
        bytes: [4 << 20; 3],
        run: |cx| Box::pin(virtual_host(cx)),
    },
    Probe {
        id: HOST_PORT,
        title: "Host arrives as it was signed, with its port",
        breaks: "everything: each signature is wrong, and every call is 403 SignatureDoesNotMatch",
        severity: Severities::all(Severity::Blocker),
        source: &["harbor#5656"],
        level: Level::Quick,
        requests: [4; 3],
        bytes: [16 << 20; 3],
        run: |cx| Box::pin(host_port(cx)),
    },
];

/// The one that is asked, too, when the preflight is refused.
pub(crate) const HOST_PORT: &str = "addr.host_port";

async fn listed(cx: &Cx, style: Style) -> Check {
    let ask = Ask::get("").query("list-type", 2).query("prefix", cx.key("")).query("max-keys", 1).style(style).fresh();
    cx.send(ask).await?.status(200)?.document("ListBucketResult").map(drop)
}

/// When the request as it stands is refused, it is signed for what a proxy may have put in the place of its Host: only that tells a lost
/// Host from a wrong key.
async fn host_port(cx: &Cx) -> Check {
    let ask = || Ask::get("").query("list-type", 2).query("prefix", cx.key("")).query("max-keys", 1).fresh();
    let reply = cx.send(ask()).await?;
    if reply.status == 200 {
        return Ok(());
    }
    let target = &cx.run.target;
    let sent = target.endpoint.authority().map_or("", |authority| authority.as_str());
    let behind = target.behind.as_ref().and_then(|uri| uri.authority());
    let names = [target.endpoint.host(), behind.map(|authority| authority.as_str()), behind.map(|at| at.host())];
    for name in names.into_iter().flatten().filter(|name| *name != sent) {
        let other = cx.send(ask().signed_for(name)).await?;
        due!(
            other.status != 200,
            "signed for Host {sent} a request is {}, signed for {name} it is 200: something on the way replaces Host \
             (nginx: proxy_set_header Host $http_host)",
            reply.seen()
        );
    }
    Err(reply.wrong("200 was due")).prepared()
}

async fn virtual_host(cx: &Cx) -> Check {
    if !cx.run.target.has_host_name() {
        return Err(End::NotAsked("an address without a host name has no bucket host names".into()));
    }
    // A name that does not resolve is an answer to this question, not the end of the run.
    listed(cx, Style::VirtualHost).await.map_err(|end| match end {
        End::Gone(reason) => End::Fails(reason),
        other => other,
    })
}
