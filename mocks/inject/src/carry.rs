//! The order in which a plan is carried out.

use std::future::Future;
use std::time::Duration;

use http::Method;
use http::header::CONTENT_LENGTH;
use shakedown_faults::Action;
use shakedown_wire::{Annotation, Annotations, Body, Request, Response, WireError};

use crate::plan::{Edit, Instead, Plan, StoreFaults, connection_end, ended};
use crate::replay::{self, Held};
use crate::{answer, body, head, xml};

/// Bytes of an unwanted answer that are still read, so that work which the party does while it answers is done.
const UNWANTED: u64 = 16 << 20;

/// The whole firing, from the request on.
pub(crate) async fn out<F, Fut>(
    actions: &[Action],
    mut request: Request,
    annotations: &Annotations,
    inner: F,
) -> Result<Response, WireError>
where
    F: Fn(Request) -> Fut,
    Fut: Future<Output = Result<Response, WireError>> + Send,
{
    let plan = Plan::of(actions);
    // The sender's own method decides what it can receive, whatever the party sees.
    let method = request.method().clone();
    wait(plan.delay).await;
    for edit in &plan.request {
        head::edit_request(&mut request, edit);
    }
    if !plan.store.is_empty() {
        request.extensions_mut().insert(StoreFaults(plan.store.clone()));
    }
    let outcome = match &plan.before {
        Some(instead) => replace(instead, &method, Some(request.into_body())).await,
        None if plan.twice => twice(request, annotations, &inner).await,
        None => inner(request).await,
    };
    reply(&plan, &method, outcome, annotations).await
}

/// The part of a firing that acts on an answer which is there already.
pub(crate) async fn out_on_answer(
    actions: &[Action],
    method: &Method,
    response: Response,
    annotations: &Annotations,
) -> Result<Response, WireError> {
    reply(&Plan::of(actions), method, Ok(response), annotations).await
}

/// From the party's answer (or what came instead) to what is sent.
async fn reply(
    plan: &Plan<'_>,
    method: &Method,
    outcome: Result<Response, WireError>,
    annotations: &Annotations,
) -> Result<Response, WireError> {
    let outcome = match &plan.applied {
        None => outcome,
        Some(instead) => {
            if let Ok(unwanted) = outcome {
                discard(unwanted.into_body()).await;
            }
            replace(instead, method, None).await
        }
    };
    wait(plan.delay_reply).await;
    let mut response = outcome?;
    if *method == Method::HEAD {
        response = answer::bodiless(response);
    } else if !plan.xml.is_empty() {
        response = xml::edit(response, &plan.xml, annotations).await;
    }
    for edit in &plan.edits {
        match edit {
            Edit::Head(edit) => head::edit_response(&mut response, edit),
            Edit::Body(edit) => response = body::edit(response, edit, *method == Method::HEAD, annotations),
        }
    }
    Ok(response)
}

/// What comes instead of the party's answer; an answer may want the request's body read first.
async fn replace(instead: &Instead<'_>, method: &Method, request: Option<Body>) -> Result<Response, WireError> {
    match instead {
        Instead::Answer(answer) => {
            if let (true, Some(body)) = (answer.read_request, request) {
                body.drain().await?;
            }
            Ok(answer::whole(answer, method))
        }
        Instead::Break(end) => Err(ended(*end)),
        Instead::Raw(bytes, end) => Err(WireError::Raw { bytes: (*bytes).clone(), end: connection_end(*end) }),
    }
}

/// Applies the request, then applies it again. A body that cannot be kept is applied once.
async fn twice<F, Fut>(request: Request, annotations: &Annotations, inner: &F) -> Result<Response, WireError>
where
    F: Fn(Request) -> Fut,
    Fut: Future<Output = Result<Response, WireError>> + Send,
{
    let (head, body) = request.into_parts();
    let bytes = match replay::hold(body).await {
        Held::Whole(bytes) => bytes,
        Held::Streamed(body) => {
            annotations
                .add(Annotation::Note("the request was applied once: its body is too large to be repeated".into()));
            return inner(Request::from_parts(head, body)).await;
        }
    };
    if let Ok(first) = inner(Request::from_parts(head.clone(), Body::full(bytes.clone()))).await {
        discard(first.into_body()).await;
    }
    inner(Request::from_parts(head, Body::full(bytes))).await
}

/// Reads an answer that nobody will see.
async fn discard(mut body: Body) {
    let mut read = 0;
    while let (true, Some(Ok(data))) = (read < UNWANTED, body.next().await) {
        read += data.len() as u64;
    }
}

async fn wait(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

/// The length that an answer announces, if it does.
pub(crate) fn announced(response: &Response) -> Option<u64> {
    let said = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    said.or(response.body().length())
}
