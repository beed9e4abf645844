//! Writes under a condition: what drivers do not use yet, and could.

use crate::answer::Prepared as _;
use crate::ask::Ask;
use crate::calls::content_md5;
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, Probe, Severities, Severity, due};

pub(super) const PROBES: &[Probe] = &[Probe {
    id: "cond.if_none_match",
    title: "PUT with If-None-Match: * over an object is 412, or the condition is ignored",
    breaks: "nothing of today's drivers; those that write only what is not there need 412",
    severity: Severities::all(Severity::Info),
    source: &[],
    level: Level::Standard,
    requests: [0, 2, 2],
    bytes: [0, SMALL, SMALL],
    run: |cx| Box::pin(only_if_new(cx)),
}];

async fn only_if_new(cx: &Cx) -> Check {
    let key = cx.key("object");
    cx.put(&key, "first").await.prepared()?;
    let ask = Ask::put(&key, "second").header("content-md5", &content_md5(b"second")).header("if-none-match", "*");
    let reply = cx.send(ask).await?;
    due!(
        matches!(reply.status, 200 | 412),
        "a PUT over an object with If-None-Match: * answered {}; 412, or 200 as if it were not there, was due",
        reply.seen()
    );
    cx.note(if reply.status == 412 { "the condition is kept" } else { "the condition is ignored" });
    Ok(())
}
