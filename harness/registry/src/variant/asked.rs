//! The head of a request, with what its path names.

use http::request::Parts;
use http::{HeaderName, Method, Uri};
use shakedown_oci::RepositoryName;

use crate::api::Route;

/// What was asked for.
#[derive(Clone)]
pub(crate) struct Asked {
    /// The request's head; whoever changes the URI does not change `route`.
    pub(crate) head: Parts,
    /// What its path names, if that is anything.
    route: Option<Route>,
    /// Bytes that follow, where they are announced.
    pub(crate) length: Option<u64>,
}

impl Asked {
    pub(super) fn new(head: Parts, length: Option<u64>) -> Self {
        let route = Route::parse(head.uri.path()).ok();
        Self { head, route, length }
    }

    /// True for this method.
    pub(crate) fn is(&self, method: &Method) -> bool {
        self.head.method == *method
    }

    pub(crate) fn is_get(&self) -> bool {
        self.is(&Method::GET)
    }

    pub(crate) fn is_head(&self) -> bool {
        self.is(&Method::HEAD)
    }

    pub(crate) fn is_put(&self) -> bool {
        self.is(&Method::PUT)
    }

    pub(crate) fn is_post(&self) -> bool {
        self.is(&Method::POST)
    }

    pub(crate) fn is_patch(&self) -> bool {
        self.is(&Method::PATCH)
    }

    pub(crate) fn is_delete(&self) -> bool {
        self.is(&Method::DELETE)
    }

    /// The path as it was sent.
    pub(crate) fn path(&self) -> &str {
        self.head.uri.path()
    }

    /// `/v2/`.
    pub(crate) fn base(&self) -> bool {
        matches!(self.route, Some(Route::Base))
    }

    /// The tag or digest of a manifest.
    pub(crate) fn manifest(&self) -> Option<&str> {
        match &self.route {
            Some(Route::Manifest(_, reference)) => Some(reference),
            _ => None,
        }
    }

    /// The manifest's tag.
    pub(crate) fn tag(&self) -> Option<&str> {
        self.manifest().filter(|reference| !reference.contains(':'))
    }

    /// The digest of a blob.
    pub(crate) fn blob(&self) -> Option<&str> {
        match &self.route {
            Some(Route::Blob(_, digest)) => Some(digest),
            _ => None,
        }
    }

    /// The list of tags.
    pub(crate) fn tags(&self) -> bool {
        matches!(self.route, Some(Route::Tags(_)))
    }

    /// The digest whose referrers are asked for.
    pub(crate) fn referrers(&self) -> Option<&str> {
        match &self.route {
            Some(Route::Referrers(_, digest)) => Some(digest),
            _ => None,
        }
    }

    /// Where uploads begin.
    pub(crate) fn uploads(&self) -> bool {
        matches!(self.route, Some(Route::Uploads(_)))
    }

    /// An upload.
    pub(crate) fn upload(&self) -> bool {
        matches!(self.route, Some(Route::Upload(..)))
    }

    /// The repository.
    pub(crate) fn name(&self) -> Option<&RepositoryName> {
        match self.route.as_ref()? {
            Route::Tags(name) | Route::Uploads(name) => Some(name),
            Route::Manifest(name, _) | Route::Blob(name, _) | Route::Upload(name, _) | Route::Referrers(name, _) => {
                Some(name)
            }
            _ => None,
        }
    }

    /// The pairs of the query, as they were sent.
    pub(crate) fn queries(&self) -> impl Iterator<Item = (&str, &str)> {
        let query = self.head.uri.query().unwrap_or_default();
        query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }

    /// The first value of a query parameter, as it was sent.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.queries().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// Keeps those pairs of the query for which `keep` holds.
    pub(crate) fn retain_queries(&mut self, mut keep: impl FnMut(&str) -> bool) {
        let pairs: Vec<_> =
            self.queries().filter(|(name, _)| keep(name)).map(|(name, value)| format!("{name}={value}")).collect();
        let path = self.path();
        let target = if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) };
        self.ask_for(&target);
    }

    /// Another path and query on the same host.
    pub(crate) fn ask_for(&mut self, target: &str) {
        let mut parts = self.head.uri.clone().into_parts();
        parts.path_and_query = target.parse().ok();
        if let Ok(uri) = Uri::from_parts(parts) {
            self.head.uri = uri;
        }
    }

    /// A request header as text.
    pub(crate) fn header(&self, name: HeaderName) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }
}
