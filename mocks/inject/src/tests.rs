//! Every action in virtual time, and the laws of those that change bytes.

mod actions;
mod laws;
mod rules;
mod transports;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use shakedown_faults::{Action, FaultSet, Firing, On};
use shakedown_wire::{Annotation, Annotations, Body, Clock, Party, Request, Response, WireError};

use crate::Injector;

fn injector() -> Injector {
    Injector::new(FaultSet::new(Vec::new(), 0), On::Registry, Clock::virtual_time())
}

fn firing(actions: Vec<Action>) -> Firing {
    Firing {
        rule: 3,
        nth: 1,
        effect: "test",
        summary: "does as told".into(),
        actions,
        only_if_status: None,
        otherwise: None,
    }
}

fn request(method: &str, body: Body) -> Request {
    let request = http::Request::builder().method(method).uri("http://reg.test/v2/?a=b").header("x-in", "1");
    request.extension(Annotations::default()).body(body).unwrap()
}

/// What was noted of a request.
fn notes(annotations: &Annotations) -> Vec<String> {
    let text = |annotation| match annotation {
        Annotation::Fault(note) => format!("fault {}/{} {}: {}", note.rule, note.nth, note.effect, note.summary),
        Annotation::Note(note) => note,
        Annotation::S3(_) => "s3".into(),
    };
    annotations.take().into_iter().map(text).collect()
}

/// Answers `body` and counts its calls.
#[derive(Clone, Default)]
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn party(&self, answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> Party {
        let calls = self.0.clone();
        Party::from_fn(move |request: Request| {
            let (calls, answer) = (calls.clone(), answer.clone());
            async move {
                calls.fetch_add(1, Ordering::SeqCst);
                request.into_body().drain().await?;
                Ok(answer())
            }
        })
    }

    fn calls(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// What a sender saw: the head, the bytes, how they ended, and how long it took.
#[derive(Debug, PartialEq)]
struct Seen {
    status: u16,
    headers: Vec<String>,
    bytes: Vec<u8>,
    error: Option<WireError>,
    took: Duration,
}

async fn see(response: Response, since: tokio::time::Instant) -> Seen {
    let (head, mut body) = response.into_parts();
    let headers = head.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    let mut seen = Seen { status: head.status.as_u16(), headers, bytes: Vec::new(), error: None, took: Duration::ZERO };
    while let Some(item) = body.next().await {
        match item {
            Ok(frame) => seen.bytes.extend_from_slice(&frame),
            Err(error) => {
                seen.error = Some(error);
                break;
            }
        }
    }
    seen.took = since.elapsed();
    seen
}

/// Lets a party that answers `0123456789` in frames of 4 be struck by `actions`.
async fn strike(method: &str, actions: Vec<Action>) -> Result<Seen, WireError> {
    let party = Counted::default().party(ten);
    let since = tokio::time::Instant::now();
    let inner = |request| {
        let party = party.clone();
        async move { party.send(request).await }
    };
    let response = injector().carry_out(&firing(actions), request(method, Body::full("request")), inner).await?;
    Ok(see(response, since).await)
}

fn ten() -> Response {
    let body = Body::sized(10, frames(b"0123456789", 4));
    http::Response::builder().header("content-length", 10).header("etag", "\"e\"").body(body).unwrap()
}

fn frames(bytes: &[u8], size: usize) -> impl futures_util::Stream<Item = Result<Bytes, WireError>> + Send + 'static {
    let frames: Vec<_> = bytes.chunks(size.max(1)).map(|frame| Ok(Bytes::copy_from_slice(frame))).collect();
    stream::iter(frames)
}
