//! `http`: one raw request, exactly as written.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use sha2::{Digest as _, Sha256};
use shakedown_client::{CallPolicy, ClientError, check, location};
use shakedown_scenario::steps::{BodySource, Capture, HttpStep};
use shakedown_wire::{Body, Request, Response, TraceId, WireError};
use tokio::time::Instant;

use super::Done;
use super::client::{WAITS, findings, is_gone};
use crate::content::digest_text;
use crate::expect::body::as_text;
use crate::expect::{Checks, Seen, check_answer};
use crate::stage::Stage;

/// Bytes of an answer that are kept to look at; more is counted and hashed only.
const KEPT: usize = 4 << 20;
/// Seconds that a step waits at most where a 429 asks for it.
const LONGEST_PAUSE: u64 = 30;
/// Most redirects that are followed.
const REDIRECTS: usize = 10;

pub(super) async fn run(stage: &Stage, step: &HttpStep) -> Result<Done, String> {
    let redirects = if step.follow { REDIRECTS } else { 0 };
    let authenticate = step.login || stage.world.authenticates();
    let policy = CallPolicy { redirects, authenticate, ..CallPolicy::raw() };
    let began = Instant::now();
    let limit = stage.world.patience().max(step.expect.within.map_or(Duration::ZERO, |within| within.0));
    let mut waits = 0;
    let (at, seen, trace) = loop {
        let request = request(stage, step).await?;
        let at = format!("{} {}", request.method(), request.uri().path());
        let (seen, trace) = match tokio::time::timeout(limit, send(stage, request, &policy)).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(gone)) => return Ok(Done::error(gone)),
            Err(_) => (Seen { error: Some(WireError::Timeout { after: limit }), ..Seen::default() }, None),
        };
        match throttled(stage, step, &seen) {
            Some(pause) if waits < WAITS => tokio::time::sleep(pause).await,
            _ => break (at, Seen { took: began.elapsed(), ..seen }, trace),
        }
        waits += 1;
    };
    let mut checks = Checks::at(at.clone(), &stage.spec, trace);
    // A client that leaves in the middle of its request may see the answer to what came, or only its own end.
    let left = step.cut_at.is_some() && seen.error.is_some();
    if !left {
        check_answer(&step.expect, &seen, &mut checks, &|text| stage.fill(text))?;
    }
    if let (Some(status), None) = (seen.status, &seen.error)
        && status >= 400
        && !stage.world.has_front_faults()
    {
        let status = http::StatusCode::from_u16(status).map_err(|error| error.to_string())?;
        let found = check::error_answer(status, &seen.headers, &seen.body, trace);
        checks.list.extend(findings(stage, &found, &at));
    }
    if !stage.world.has_front_faults() {
        checks.list.extend(findings(stage, &check::warnings(&seen.headers, trace), &at));
    }
    for (name, capture) in &step.capture {
        keep(stage, name, capture, &seen, &mut checks);
    }
    Ok(Done::checked(checks.list))
}

/// How long a 429 asks to wait, where the step does not ask for one itself.
fn throttled(stage: &Stage, step: &HttpStep, seen: &Seen) -> Option<Duration> {
    let wanted = step.expect.status.as_ref().is_some_and(|status| status.matches(429) && !status.matches(404));
    if seen.status != Some(429) || wanted || stage.world.has_front_faults() {
        return None;
    }
    let seconds: u64 = seen.headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds.min(LONGEST_PAUSE)))
}

/// The request as the step says it.
async fn request(stage: &Stage, step: &HttpStep) -> Result<Request, String> {
    let path = stage.fill(&step.path)?;
    let mut uri = as_written(stage.world.base(), &path).map_err(|error| format!("`{path}`: {error}"))?;
    for (name, value) in &step.query {
        uri = location::append_query(&uri, name, &stage.fill(value)?);
    }
    let method =
        http::Method::from_bytes(step.method.as_bytes()).map_err(|_| format!("`{}` is not a method", step.method))?;
    let body = match &step.body {
        None => Body::empty(),
        Some(BodySource::Text(text)) => Body::full(stage.fill(text)?),
        Some(BodySource::Blob(part)) => stage.contents.bytes_of(&stage.fill(part)?).await?,
        Some(BodySource::Manifest(image)) => Body::full(stage.contents.image(image)?.root().bytes.clone()),
    };
    let body = match (step.cut_at, step.stall_at) {
        (Some(at), _) => unfinished(body, at.0, true),
        (None, Some(at)) => unfinished(body, at.0, false),
        (None, None) => body,
    };
    let mut request = http::Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    for (name, value) in &step.headers {
        let value = stage.fill(value)?;
        let header = http::HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name}` is not a header"))?;
        let value =
            http::HeaderValue::from_str(&value).map_err(|_| format!("`{value}` cannot be the value of {name}"))?;
        request.headers_mut().append(header, value);
    }
    Ok(request)
}

/// A path is sent as the file has it, dots and doubled slashes included; captured locations may be absolute.
fn as_written(base: &http::Uri, path: &str) -> Result<http::Uri, String> {
    match base.authority() {
        Some(authority) if path.starts_with('/') => {
            let scheme = base.scheme_str().unwrap_or("http");
            format!("{scheme}://{authority}{path}").parse().map_err(|error: http::uri::InvalidUri| error.to_string())
        }
        _ => location::resolve(base, path).map_err(|error| error.to_string()),
    }
}

/// A body of which nothing comes after `at` bytes, its length as announced: it breaks off, or falls silent.
fn unfinished(body: Body, at: u64, breaks_off: bool) -> Body {
    let length = body.length();
    let frames = futures_util::stream::unfold(Some((body, at)), move |state| async move {
        let (mut body, left) = state?;
        if left == 0 && !breaks_off {
            std::future::pending::<()>().await;
        }
        if left == 0 {
            // Who breaks off at once takes back what is still in its own buffers: a connection sends them whenever no more has come.
            tokio::task::yield_now().await;
            return Some((Err(WireError::Closed), None));
        }
        let mut frame = match body.next().await? {
            Ok(frame) => frame,
            Err(error) => return Some((Err(error), None)),
        };
        frame.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        let left = left - frame.len() as u64;
        Some((Ok(frame), Some((body, left))))
    });
    Body::stream(frames).with_length(length)
}

/// Sends it and reads the answer. `Err` says that the registry is not there.
async fn send(stage: &Stage, request: Request, policy: &CallPolicy) -> Result<(Seen, Option<TraceId>), String> {
    match stage.client.call_with(request, policy).await {
        Ok(response) => {
            let trace = response.extensions().get::<TraceId>().copied();
            Ok((read(response).await, trace))
        }
        Err(error) if is_gone(stage, &error) => Err(error.to_string()),
        Err(error) => {
            let trace = error.trace();
            let wire = match error {
                ClientError::Wire { error, .. } => error,
                other => WireError::Other(other.to_string()),
            };
            Ok((Seen { error: Some(wire), ..Seen::default() }, trace))
        }
    }
}

/// Reads a body to its end in bounded memory.
async fn read(response: Response) -> Seen {
    let (head, mut body) = response.into_parts();
    let mut seen = Seen { status: Some(head.status.as_u16()), headers: head.headers, ..Seen::default() };
    let mut hash = Sha256::new();
    let mut kept = BytesMut::new();
    while let Some(frame) = body.next().await {
        match frame {
            Ok(frame) => {
                seen.bytes += frame.len() as u64;
                hash.update(&frame);
                kept.extend_from_slice(&frame[..frame.len().min(KEPT - kept.len())]);
            }
            Err(error) => {
                seen.error = Some(error);
                break;
            }
        }
    }
    seen.body = Bytes::from(kept);
    seen.digest = digest_text(hash);
    seen
}

/// Whether what is captured here lets somebody in.
fn is_secret(capture: &Capture) -> bool {
    let Capture::Json(pointer) = capture else { return false };
    pointer.rsplit('/').next().is_some_and(|name| name.ends_with("token"))
}

/// Keeps a value of the answer; a value that is not there is a failed check.
fn keep(stage: &Stage, name: &str, capture: &Capture, seen: &Seen, checks: &mut Checks) {
    let (place, value) = match capture {
        Capture::Header(header) => {
            let value = seen.headers.get(header).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
            (format!("header {header}"), value)
        }
        Capture::Json(pointer) => {
            let json: Option<serde_json::Value> = serde_json::from_slice(&seen.body).ok();
            (format!("json {pointer}"), json.as_ref().and_then(|json| json.pointer(pointer)).map(as_text))
        }
    };
    match value {
        Some(value) => {
            if is_secret(capture) {
                stage.world.keep_secret(&value);
            }
            stage.vars.set(name, value);
        }
        None => {
            checks.note(false, &place, format!("a value to keep as `{name}`"), "absent");
        }
    }
}
