//! A party: anything that answers HTTP. One type, so that layers, transports and tests all compose.

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tower::{Service, ServiceExt as _};

use crate::{Body, WireError};

/// A request with a streamed body. Between parties its URI is absolute (`http://s3.test/bucket/key`).
pub type Request = http::Request<Body>;
/// A response with a streamed body.
pub type Response = http::Response<Body>;

type Answering = BoxFuture<'static, Result<Response, WireError>>;

/// A shared tower service that is always ready. Cloning counts references; a call costs one box.
#[derive(Clone)]
pub struct Party(Arc<dyn Fn(Request) -> Answering + Send + Sync>);

impl Party {
    /// Boxes a tower service.
    pub fn new<S>(service: S) -> Self
    where
        S: Service<Request, Response = Response, Error = WireError> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
    {
        Self(Arc::new(move |request| service.clone().oneshot(request).boxed()))
    }

    /// A party from a function; the usual way to write a layer:
    /// `Party::from_fn(move |request| { let inner = inner.clone(); async move { inner.send(request).await } })`.
    pub fn from_fn<F, Fut>(function: F) -> Self
    where
        F: Fn(Request) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Response, WireError>> + Send + 'static,
    {
        Self(Arc::new(move |request| function(request).boxed()))
    }

    /// Sends one request and waits for the head of the answer.
    ///
    /// # Errors
    /// Any [`WireError`] that came instead of a head. A status of 4xx or 5xx is an answer, not an error.
    pub async fn send(&self, request: Request) -> Result<Response, WireError> {
        (self.0)(request).await
    }
}

impl Service<Request> for Party {
    type Response = Response;
    type Error = WireError;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        (self.0)(request)
    }
}

impl std::fmt::Debug for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Party")
    }
}
