//! Changes of the bytes of an answer. All of them stream.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, stream};
use http::HeaderValue;
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};
use shakedown_faults::{BodyEdit, End};
use shakedown_wire::{Annotation, Annotations, Body, Response, WireError};

use crate::carry::announced;

/// Applies one change. In answer to HEAD (`is_head`) only the announced length can change.
pub(crate) fn edit(response: Response, edit: &BodyEdit, is_head: bool, annotations: &Annotations) -> Response {
    let length = announced(&response);
    let (mut head, body) = response.into_parts();
    let body = match edit {
        BodyEdit::Replace(bytes) => {
            set_length(&mut head.headers, bytes.len() as u64);
            if is_head { body } else { Body::full(bytes.clone()) }
        }
        BodyEdit::Prepend(bytes) => {
            let longer = length.map(|length| length + bytes.len() as u64);
            if let Some(longer) = longer {
                set_length(&mut head.headers, longer);
            }
            if is_head { body } else { after(bytes.clone(), body, longer) }
        }
        BodyEdit::LengthOff { by } => match length {
            Some(length) => {
                let wrong = length.saturating_add_signed(*by);
                set_length(&mut head.headers, wrong);
                head.headers.insert(CONNECTION, HeaderValue::from_static("close"));
                if is_head { body } else { misannounced(body, length, wrong) }
            }
            None => {
                annotations.add(Annotation::Note("the answer announces no length that could be wrong".into()));
                body
            }
        },
        _ if is_head => body,
        BodyEdit::Truncate { at, end } if length.is_none_or(|length| *at < length) => {
            keep_announced(&mut head.headers, length);
            truncated(body, *at, *end)
        }
        BodyEdit::Truncate { .. } => body,
        BodyEdit::Stall { at, pause } => stalled(body, *at, *pause),
        BodyEdit::Trickle { bytes_per_second } => trickled(body, *bytes_per_second),
        BodyEdit::Corrupt { at } => corrupted(body, *at),
    };
    Response::from_parts(head, body)
}

fn set_length(headers: &mut HeaderMap, length: u64) {
    headers.remove(TRANSFER_ENCODING);
    headers.insert(CONTENT_LENGTH, length.into());
}

/// Says in the head what only the body knew.
fn keep_announced(headers: &mut HeaderMap, length: Option<u64>) {
    if let (Some(length), false) = (length, headers.contains_key(TRANSFER_ENCODING)) {
        headers.insert(CONTENT_LENGTH, length.into());
    }
}

/// Wraps a stream of the same bytes under the length that `body` had.
fn same_length<S>(body: Body, change: impl FnOnce(Body) -> S) -> Body
where
    S: Stream<Item = Result<Bytes, WireError>> + Send + 'static,
{
    let length = body.length();
    Body::stream(change(body)).with_length(length)
}

fn after(bytes: Bytes, body: Body, length: Option<u64>) -> Body {
    Body::stream(stream::iter([Ok(bytes)]).chain(body.into_stream())).with_length(length)
}

/// The bytes there are, under another length. hyper cannot send more than it announced, so what is beyond stays unsent.
fn misannounced(body: Body, length: u64, wrong: u64) -> Body {
    let short = (wrong > length).then_some(Err(WireError::Truncated { received: length }));
    Body::stream(up_to(body, wrong).chain(stream::iter(short))).with_length(Some(wrong))
}

/// `at` bytes, then the end of the connection; a body that ends before stays whole.
fn truncated(body: Body, at: u64, end: End) -> Body {
    same_length(body, |body| {
        let error = match end {
            End::Fin => WireError::Truncated { received: at },
            End::Rst => WireError::Reset,
        };
        let left = (Some(body), at, Some(error));
        stream::unfold(left, |(body, left, error)| async move {
            let mut open = body?;
            if left == 0 {
                return error.map(|error| (Err(error), (None, 0, None)));
            }
            let (item, left) = take(&mut open, left).await?;
            let open = item.is_ok().then_some(open);
            Some((item, (open, left, error)))
        })
    })
}

/// The first `left` bytes.
fn up_to(body: Body, left: u64) -> impl Stream<Item = Result<Bytes, WireError>> + Send + 'static {
    stream::unfold((body, left), |(mut body, left)| async move {
        if left == 0 {
            return None;
        }
        let (item, left) = take(&mut body, left).await?;
        let left = if item.is_ok() { left } else { 0 };
        Some((item, (body, left)))
    })
}

/// The next frame, of at most `left` bytes, and what is left then.
async fn take(body: &mut Body, left: u64) -> Option<(Result<Bytes, WireError>, u64)> {
    match body.next().await? {
        Ok(mut frame) => {
            frame.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            let left = left - frame.len() as u64;
            Some((Ok(frame), left))
        }
        Err(error) => Some((Err(error), left)),
    }
}

/// `at` bytes, then silence, then the rest.
fn stalled(body: Body, at: u64, pause: Option<Duration>) -> Body {
    same_length(body, |body| {
        // The frame in which the silence falls is split: its second part waits here.
        let state = (body, Some(at), None::<Bytes>);
        stream::unfold(state, move |(mut body, mut ahead, mut rest)| async move {
            if ahead == Some(0) {
                match pause {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => std::future::pending::<()>().await,
                }
                ahead = None;
            }
            if let Some(rest) = rest.take() {
                return Some((Ok(rest), (body, ahead, None)));
            }
            let item = body.next().await?;
            let (Ok(mut frame), Some(left)) = (item.clone(), ahead) else { return Some((item, (body, ahead, None))) };
            let now = usize::try_from(left).unwrap_or(usize::MAX).min(frame.len());
            let later = frame.split_off(now);
            let ahead = Some(left - now as u64);
            Some((Ok(frame), (body, ahead, Some(later).filter(|later| !later.is_empty()))))
        })
        .filter(|item| std::future::ready(item.as_ref().map_or(true, |frame| !frame.is_empty())))
    })
}

/// Slices at an even pace, about ten a second, so that the whole takes `length / rate`.
fn trickled(body: Body, bytes_per_second: u64) -> Body {
    let rate = bytes_per_second.max(1);
    let slice = usize::try_from((rate / 10).max(1)).unwrap_or(usize::MAX);
    same_length(body, |body| {
        stream::unfold((body, Bytes::new()), move |(mut body, mut rest)| async move {
            while rest.is_empty() {
                match body.next().await? {
                    Ok(frame) => rest = frame,
                    Err(error) => return Some((Err(error), (body, rest))),
                }
            }
            let piece = rest.split_to(slice.min(rest.len()));
            let nanos = u128::from(piece.len() as u64) * 1_000_000_000 / u128::from(rate);
            tokio::time::sleep(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))).await;
            Some((Ok(piece), (body, rest)))
        })
    })
}

/// All bits of the byte at `at` flipped.
fn corrupted(body: Body, at: u64) -> Body {
    same_length(body, |body| {
        stream::unfold((body, 0), move |(mut body, passed)| async move {
            let item = body.next().await?;
            let Ok(frame) = &item else { return Some((item, (body, passed))) };
            let after = passed + frame.len() as u64;
            if (passed..after).contains(&at) {
                let mut changed = BytesMut::from(&frame[..]);
                // Within the frame, so within usize.
                changed[(at - passed) as usize] ^= 0xff;
                return Some((Ok(changed.freeze()), (body, after)));
            }
            Some((item, (body, after)))
        })
    })
}
