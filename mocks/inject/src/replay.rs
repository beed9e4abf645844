//! Bodies that are needed whole, within a bound; beyond it they go on as the streams they were.

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use shakedown_wire::Body;

/// Bytes that are kept at most.
const LIMIT: usize = 16 << 20;

/// A body after an attempt to keep it.
#[derive(Debug)]
pub(crate) enum Held {
    /// All of it.
    Whole(Bytes),
    /// It was too large, or ended in an error: the same frames, and the same end.
    Streamed(Body),
}

/// Keeps `body` if it is small enough.
pub(crate) async fn hold(mut body: Body) -> Held {
    let length = body.length();
    let mut frames = Vec::new();
    let mut size = 0;
    while size <= LIMIT {
        match body.next().await {
            Some(Ok(frame)) => {
                size += frame.len();
                frames.push(frame);
            }
            Some(Err(error)) => {
                let begun = stream::iter(frames.into_iter().map(Ok));
                return Held::Streamed(Body::stream(begun.chain(stream::iter([Err(error)]))).with_length(length));
            }
            None => return Held::Whole(joined(frames, size)),
        }
    }
    let begun = stream::iter(frames.into_iter().map(Ok));
    Held::Streamed(Body::stream(begun.chain(body.into_stream())).with_length(length))
}

fn joined(mut frames: Vec<Bytes>, size: usize) -> Bytes {
    if frames.len() == 1 {
        return frames.swap_remove(0);
    }
    let mut whole = BytesMut::with_capacity(size);
    frames.iter().for_each(|frame| whole.extend_from_slice(frame));
    whole.freeze()
}
