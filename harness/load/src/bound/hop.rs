//! The hop: passes requests and answers on while they come, and hashes what is pushed. Keeps nothing.

use bytes::Bytes;
use futures_util::stream;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Method, Uri};
use shakedown_oci::{Algorithm, Digest, Hasher};
use shakedown_wire::network::{self, NetworkOptions};
use shakedown_wire::{Body, Party, Request, Response, WireError, end_hop};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Connections kept; as many as workers may be.
const CONNECTIONS: usize = 4096;
/// Frames that wait for a hash, so that it works while others are on their way.
const AHEAD: usize = 16;

/// A proxy before `upstream` that hashes each body of a POST, PUT or PATCH twice. The answer comes when both hashes are done.
pub fn hop(upstream: Authority) -> Party {
    // Waiting for ever costs no timers; whoever asks has an end to its patience.
    let options = NetworkOptions {
        head_timeout: None,
        body_timeout: None,
        idle_connections: CONNECTIONS,
        ..NetworkOptions::default()
    };
    let network = network::client(&options);
    Party::from_fn(move |request| pass(request, upstream.clone(), network.clone()))
}

async fn pass(request: Request, upstream: Authority, network: Party) -> Result<Response, WireError> {
    let (mut head, mut body) = request.into_parts();
    let mut parts = std::mem::take(&mut head.uri).into_parts();
    (parts.scheme, parts.authority) = (Some(Scheme::HTTP), Some(upstream));
    parts.path_and_query.get_or_insert(PathAndQuery::from_static("/"));
    head.uri = Uri::from_parts(parts).map_err(|error| WireError::Other(error.to_string()))?;
    end_hop(&mut head.headers);
    let mut hashes = Vec::new();
    if matches!(head.method, Method::POST | Method::PUT | Method::PATCH) && body.length() != Some(0) {
        (body, hashes) = hashed(body);
    }
    let mut response = network.send(Request::from_parts(head, body)).await?;
    for hash in hashes {
        // Nobody asks for the digest; that it took its time is all.
        drop(hash.await);
    }
    end_hop(response.headers_mut());
    Ok(response)
}

/// The body, and two tasks that hash what passes.
pub(super) fn hashed(body: Body) -> (Body, Vec<JoinHandle<Digest>>) {
    let (to, hashes): (Vec<_>, Vec<_>) = (0..2).map(|_| hash()).unzip();
    let length = body.length();
    let frames = stream::unfold((body, to), |(mut body, to)| async move {
        let frame = body.next().await?;
        if let Ok(frame) = &frame {
            for to in &to {
                // A task that is gone has panicked; the body goes on.
                drop(to.send(frame.clone()).await);
            }
        }
        Some((frame, (body, to)))
    });
    (Body::stream(frames).with_length(length), hashes)
}

fn hash() -> (mpsc::Sender<Bytes>, JoinHandle<Digest>) {
    let (to, mut frames) = mpsc::channel::<Bytes>(AHEAD);
    let hash = tokio::spawn(async move {
        let mut hasher = Hasher::new(Algorithm::Sha256);
        while let Some(frame) = frames.recv().await {
            hasher.update(&frame);
        }
        hasher.finish()
    });
    (to, hash)
}
