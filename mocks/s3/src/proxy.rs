//! A proxy before somebody else's store: requests go on as they came, Host and signature intact, and misbehave on the way as the mock's
//! do. What only a store can do (late listings, lost writes) a proxy cannot: such faults are to be refused before. Learning is in `learn`.

use http::Uri;
use http::uri::PathAndQuery;
use shakedown_faults::{Call, FaultSet, On};
use shakedown_inject::Injector;
use shakedown_wire::{Annotation, Annotations, Clock, Party, Request, Response, WireError, end_hop};

use crate::config::S3Config;
use crate::journal;
use crate::learn::{Learner, Seen};
use crate::request::Target;

/// Bytes of an answer that are read to learn from it: a page of a thousand keys has about half of it.
const LEARNED_FROM: usize = 1 << 20;

/// A proxy before somebody's store. Operations are recognised in path style.
#[derive(Debug, Clone)]
pub struct Proxy {
    upstream: Uri,
    network: Party,
    injector: Injector,
    learner: Option<Learner>,
    /// With its slash; empty if keys are told whole.
    below: String,
}

impl Proxy {
    /// Stands before `upstream` (scheme and authority), which `network` reaches.
    pub fn new(upstream: Uri, network: Party, faults: FaultSet, clock: Clock) -> Self {
        let injector = Injector::new(faults, On::S3, clock);
        Self { upstream, network, injector, learner: None, below: String::new() }
    }

    /// Learns from what passes.
    #[must_use]
    pub fn learning(mut self, learner: Option<Learner>) -> Self {
        self.learner = learner;
        self
    }

    /// Faults and notes speak of keys as they are below this directory of the bucket: a registry's `rootdirectory`.
    #[must_use]
    pub fn below(mut self, directory: &str) -> Self {
        self.below = format!("{}/", directory.trim_matches('/'));
        self
    }

    /// Its faults.
    pub fn injector(&self) -> &Injector {
        &self.injector
    }

    /// The proxy as a party.
    pub fn party(&self) -> Party {
        let proxy = self.clone();
        let passing = Party::from_fn(move |request: Request| {
            let proxy = proxy.clone();
            async move { proxy.pass(request).await }
        });
        let proxy = self.clone();
        Party::from_fn(move |request: Request| {
            let (passing, injector) = (passing.clone(), proxy.injector.clone());
            let firing = proxy.decide(&request);
            async move {
                match firing {
                    None => passing.send(request).await,
                    Some(firing) => {
                        let inner = |request| {
                            let passing = passing.clone();
                            async move { passing.send(request).await }
                        };
                        injector.carry_out(&firing, request, inner).await
                    }
                }
            }
        })
    }

    fn decide(&self, request: &Request) -> Option<shakedown_faults::Firing> {
        let target = self.target(request);
        self.injector.decide(&Call {
            on: On::S3,
            operation: Some(&journal::operation(request.method(), &target, request.headers())),
            method: request.method(),
            path: request.uri().path(),
            query: request.uri().query().unwrap_or_default(),
            headers: request.headers(),
            key: journal::key(&target),
        })
    }

    /// What a request addresses, whatever the store is called.
    fn target(&self, request: &Request) -> Target {
        let config = S3Config { virtual_host_style: false, ..S3Config::default() };
        Target::of(&config, request.uri(), request.headers()).unwrap_or_default().below(&self.below)
    }

    async fn pass(&self, mut request: Request) -> Result<Response, WireError> {
        let target = self.target(&request);
        let note = journal::note(request.method(), &target, request.headers());
        if let Some(annotations) = request.extensions().get::<Annotations>() {
            annotations.add(Annotation::S3(note.clone()));
        }
        let seen = Seen {
            operation: note.operation,
            key: note.key,
            upload: target.query.get("uploadId").map(str::to_owned),
            is_head: request.method() == http::Method::HEAD,
            pages: target.query.has("delimiter"),
        };
        end_hop(request.headers_mut());
        let mut parts = self.upstream.clone().into_parts();
        parts.path_and_query = request.uri().path_and_query().cloned().or(Some(PathAndQuery::from_static("/")));
        *request.uri_mut() = Uri::from_parts(parts)
            .map_err(|error| WireError::Malformed { reason: format!("the request's address: {error}") })?;
        let began = tokio::time::Instant::now();
        let answer = self.network.send(request).await?;
        let Some(learner) = &self.learner else { return Ok(answer) };
        let took = began.elapsed();
        let status = answer.status();
        if !(seen.is_document() || status.as_u16() >= 400) {
            learner.learn(&seen, status.as_u16(), &[], took);
            return Ok(answer);
        }
        let (head, body) = answer.into_parts();
        let (begin, body) = body.ahead(LEARNED_FROM).await?;
        learner.learn(&seen, status.as_u16(), &begin, took);
        Ok(Response::from_parts(head, body))
    }
}
