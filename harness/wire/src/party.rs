//! A party: anything that answers HTTP. One type, so that layers, transports and tests all compose.

use std::future::Future;
use std::task::{Context, Poll};

use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceExt};

use crate::{Body, WireError};

/// A request with a streamed body. Between parties its URI is absolute (`http://s3.test/bucket/key`).
pub type Request = http::Request<Body>;
/// A response with a streamed body.
pub type Response = http::Response<Body>;

/// A boxed, cloneable tower service. Cloning is cheap and shares the party.
#[derive(Clone)]
pub struct Party(BoxCloneSyncService<Request, Response, WireError>);

impl Party {
    /// Boxes a tower service.
    pub fn new<S>(service: S) -> Self
    where
        S: Service<Request, Response = Response, Error = WireError> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
    {
        Self(BoxCloneSyncService::new(service))
    }

    /// A party from a function; the usual way to write a layer:
    /// `Party::from_fn(move |request| { let inner = inner.clone(); async move { inner.send(request).await } })`.
    pub fn from_fn<F, Fut>(function: F) -> Self
    where
        F: Fn(Request) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<Response, WireError>> + Send + 'static,
    {
        Self::new(tower::service_fn(function))
    }

    /// Sends one request and waits for the head of the answer.
    ///
    /// # Errors
    /// Any [`WireError`] that came instead of a head. A status of 4xx or 5xx is an answer, not an error.
    pub async fn send(&self, request: Request) -> Result<Response, WireError> {
        self.0.clone().oneshot(request).await
    }
}

impl Service<Request> for Party {
    type Response = Response;
    type Error = WireError;
    type Future = <BoxCloneSyncService<Request, Response, WireError> as Service<Request>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.0.call(request)
    }
}

impl std::fmt::Debug for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Party")
    }
}
