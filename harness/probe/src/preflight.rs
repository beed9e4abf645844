//! Before anything is written: is somebody there, are we let in, and is the place empty?

use std::collections::BTreeMap;
use std::sync::Arc;

use shakedown_s3call::xml::Element;

use crate::answer::{Reply, short};
use crate::ask::Ask;
use crate::context::{Cx, Run};
use crate::probe::End;
use crate::target::Style;

/// Why nothing was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unable {
    /// Nobody answers.
    #[error("the endpoint cannot be reached: {0}")]
    Unreachable(String),
    /// We are not let in.
    #[error(
        "the store refuses these credentials: {0}; check keys and region, and send the same request past a gateway: one that changes \
         Host breaks every signature"
    )]
    Denied(String),
    /// The bucket is not there, or elsewhere.
    #[error("the bucket cannot be used: {0}; check its name and region")]
    NoBucket(String),
    /// Something lies under our prefix.
    #[error(
        "the bucket already holds {0}, which is not ours to touch: run again for another prefix, or --clean what a run left"
    )]
    NotEmpty(String),
    /// Interrupted before anything was written.
    #[error("interrupted")]
    Interrupted,
}

/// What is known after the preflight.
pub(crate) enum Ground {
    /// Go on in this style; what the headers say it is.
    Fine(Style, BTreeMap<String, String>),
    /// What answers is no S3: nothing may be written here.
    NotS3(String),
}

const DENIED: &[&str] = &[
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "AccessDenied",
    "InvalidToken",
    "ExpiredToken",
    "InvalidSecurity",
    "RequestTimeTooSkewed",
];
const ELSEWHERE: &[&str] = &[
    "NoSuchBucket",
    "PermanentRedirect",
    "TemporaryRedirect",
    "AuthorizationHeaderMalformed",
    "InvalidBucketName",
    "BucketRegionError",
    "IllegalLocationConstraintException",
];

/// Looks, and writes nothing.
pub(crate) async fn preflight(run: &Arc<Run>, cx: &Cx) -> Result<Ground, Unable> {
    let mut first = None;
    for (style, version) in [(Style::Path, "2"), (Style::Path, "1"), (Style::VirtualHost, "2")] {
        if style == Style::VirtualHost && !run.target.has_host_name() {
            continue;
        }
        let mut ask =
            Ask::get("").query("prefix", format!("{}/", run.prefix)).query("max-keys", 2).style(style).fresh();
        if version == "2" {
            ask = ask.query("list-type", 2);
        }
        match cx.send(ask).await {
            Err(End::Gone(reason)) if style == Style::Path => return Err(Unable::Unreachable(reason)),
            Err(End::Gone(_)) => {}
            Err(End::Fails(reason)) => first = first.or(Some(Err(reason))),
            Err(_) => break,
            Ok(reply) => match reply.root().filter(|root| reply.status == 200 && root.name == "ListBucketResult") {
                Some(page) => {
                    is_empty(&page, &run.prefix)?;
                    return Ok(Ground::Fine(style, fingerprint(&reply)));
                }
                None => first = first.or(Some(Ok(reply))),
            },
        }
    }
    match first {
        Some(Ok(reply)) => refused(&reply),
        Some(Err(reason)) => Ok(Ground::NotS3(reason)),
        None => Ok(Ground::NotS3("no listing was answered".into())),
    }
}

fn is_empty(page: &Element, prefix: &str) -> Result<(), Unable> {
    let mut keys = page.all("Contents").filter_map(|contents| contents.text_of("Key"));
    match keys.find(|key| key.starts_with(prefix)) {
        Some(key) => Err(Unable::NotEmpty(short(key))),
        None => Ok(()),
    }
}

/// What the first refusal means.
fn refused(reply: &Reply) -> Result<Ground, Unable> {
    let code = reply.code().unwrap_or_default();
    let message = reply.root().and_then(|root| root.text_of("Message").map(short)).unwrap_or_default();
    let said = format!("{} ({message})", reply.seen());
    if ELSEWHERE.contains(&code.as_str()) {
        return Err(Unable::NoBucket(said));
    }
    if DENIED.contains(&code.as_str()) || matches!(reply.status, 401 | 403) {
        return Err(Unable::Denied(said));
    }
    Ok(Ground::NotS3(format!("a listing of the bucket answered {}", reply.seen())))
}

fn fingerprint(reply: &Reply) -> BTreeMap<String, String> {
    let names = ["server", "via", "x-powered-by", "x-amz-request-id", "date", "x-cache"];
    let value = |name: &&str| Some(((*name).to_owned(), short(reply.headers.get(*name)?.to_str().ok()?)));
    names.iter().filter_map(value).collect()
}
