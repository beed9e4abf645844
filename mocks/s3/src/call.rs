//! One authenticated request on its way through an operation, and the answers operations make.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use md5::{Digest as _, Md5};
use shakedown_faults::View;
use shakedown_wire::{Body, Response};

use crate::S3Mock;
use crate::checksum::Algorithm;
use crate::config::{EtagMode, S3Config};
use crate::error::{Code, S3Error};
use crate::faults::Orders;
use crate::metadata;
use crate::payload::{Digests, Payload};
use crate::request::Target;
use crate::store::{Content, Head, Object, Store, Writing};
use crate::visibility::Lens;
use crate::xml::XmlWriter;

/// Room for the headers of an answer, so that it does not grow with each.
const HEADERS: usize = 12;

/// What an operation gets.
pub(crate) struct Call {
    pub(crate) mock: S3Mock,
    pub(crate) config: Arc<S3Config>,
    pub(crate) target: Target,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    /// In a mutex only because a body is not `Sync` and calls are shared between threads; nobody ever waits for it.
    payload: Mutex<Payload>,
    pub(crate) orders: Orders,
}

/// What an operation gives: the answer and a few words for the journal.
pub(crate) struct Answer {
    pub(crate) response: Response,
    pub(crate) result: Option<String>,
}

impl Answer {
    /// Adds the journal's words.
    pub(crate) fn noting(mut self, result: impl Into<String>) -> Self {
        self.result = Some(result.into());
        self
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.response.headers_mut().insert(name, value);
        }
        self
    }

    /// No body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        let mut response = http::Response::new(Body::empty());
        *response.status_mut() = status;
        response.headers_mut().reserve(HEADERS);
        if status != StatusCode::NO_CONTENT {
            response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Self { response, result: None }
    }

    /// An XML document.
    pub(crate) fn xml(document: XmlWriter) -> Self {
        let text = document.finish();
        let mut response = http::Response::new(Body::empty());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        response.headers_mut().insert(CONTENT_LENGTH, text.len().into());
        *response.body_mut() = Body::full(text);
        Self { response, result: None }
    }

    /// The answer to a stored object or part.
    pub(crate) fn stored(head: &Head) -> Self {
        let mut answer = Self::empty(StatusCode::OK);
        if let Ok(value) = HeaderValue::from_str(&head.quoted_etag()) {
            answer.response.headers_mut().insert(ETAG, value);
        }
        answer.checksums(head)
    }

    /// Adds the additional checksums.
    pub(crate) fn checksums(mut self, head: &Head) -> Self {
        if head.checksums.is_empty() {
            return self;
        }
        for algorithm in Algorithm::ALL {
            if let Some(value) = head.checksums.get(algorithm.header()) {
                self = self.header(algorithm.header(), value);
            }
        }
        self
    }
}

impl Call {
    pub(crate) fn new(
        mock: S3Mock,
        config: Arc<S3Config>,
        target: Target,
        (uri, headers): (Uri, HeaderMap),
        payload: Payload,
        orders: Orders,
    ) -> Self {
        Self { mock, config, target, uri, headers, payload: Mutex::new(payload), orders }
    }

    /// The body; an empty one if it was taken already.
    pub(crate) fn payload(&mut self) -> Payload {
        std::mem::take(self.payload.get_mut().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn store(&self) -> &Store {
        &self.mock.inner.store
    }

    /// Run time.
    pub(crate) fn elapsed(&self) -> Duration {
        self.mock.inner.clock.elapsed()
    }

    /// The date.
    pub(crate) fn now(&self) -> SystemTime {
        self.mock.inner.clock.now()
    }

    pub(crate) fn lens(&self, view: View) -> Lens {
        self.orders.lens(view, self.elapsed())
    }

    pub(crate) fn writing(&self) -> Writing {
        self.orders.writing(self.elapsed())
    }

    pub(crate) fn bucket(&self) -> &str {
        &self.target.bucket
    }

    pub(crate) fn key(&self) -> &str {
        &self.target.key
    }

    /// A query parameter that must be there.
    pub(crate) fn query(&self, name: &str) -> &str {
        self.target.query.get(name).unwrap_or_default()
    }

    /// A request header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Refuses requests for buckets that are not there, before a body is read.
    pub(crate) fn need_bucket(&self) -> Result<(), S3Error> {
        if self.store().has_bucket(self.bucket()) {
            return Ok(());
        }
        Err(S3Error::from(Code::NoSuchBucket).with("BucketName", self.bucket()))
    }

    /// Refuses headers this store is told to refuse.
    pub(crate) fn need_allowed_headers(&self) -> Result<(), S3Error> {
        metadata::check(&self.headers)?;
        if self.config.refuse_acl && self.headers.contains_key("x-amz-acl") {
            return Err(Code::AccessControlListNotSupported.into());
        }
        if self.config.refuse_storage_class && self.headers.contains_key("x-amz-storage-class") {
            return Err(Code::InvalidStorageClass.into());
        }
        Ok(())
    }

    /// Takes the body out of the call; the length must be known and within the limit.
    pub(crate) fn take_payload(&mut self) -> Result<Payload, S3Error> {
        let mut payload = self.payload();
        let length = payload.declared().ok_or(Code::MissingContentLength)?;
        let limit = self.config.limits.max_put;
        if length > limit {
            return Err(S3Error::from(Code::EntityTooLarge).with("ProposedSize", length).with("MaxSizeAllowed", limit));
        }
        if self.config.etag == EtagMode::Md5 {
            payload.want_md5();
        }
        Ok(payload)
    }

    /// The head of an object or part that was just read.
    pub(crate) fn head_of(&self, digests: &Digests) -> Head {
        let etag = digests.md5.filter(|_| self.config.etag == EtagMode::Md5).map(hex::encode);
        let checksums =
            digests.checksum.iter().map(|(algorithm, value)| (algorithm.header().to_owned(), value.clone()));
        Head {
            etag: etag.unwrap_or_else(|| self.mock.inner.ids.etag()),
            modified_us: crate::store::micros(self.now()),
            headers: metadata::kept(&self.headers),
            checksums: checksums.collect(),
        }
    }

    /// The ETag of bytes that did not come in as a body.
    pub(crate) async fn etag_of(&self, content: &Content) -> Result<String, S3Error> {
        if self.config.etag == EtagMode::Fast {
            return Ok(self.mock.inner.ids.etag());
        }
        let mut hash = Md5::new();
        let mut body = content.clone().into_body();
        while let Some(frame) = body.next().await {
            hash.update(frame.map_err(|_| Code::InternalError)?);
            // Gigabytes in memory never wait by themselves; let others run in between.
            tokio::task::yield_now().await;
        }
        Ok(hex::encode(hash.finalize()))
    }

    /// The object a read sees, or 404; remembers the 404 if it was ordered to.
    pub(crate) fn visible_object(&self, bucket: &str, key: &str) -> Result<Arc<Object>, S3Error> {
        let found = self.store().object(bucket, key, &self.lens(View::Object))?;
        if found.is_none()
            && let Some(keep) = self.orders.negative_cache
        {
            let now = self.elapsed();
            self.store().remember_absent(bucket, key, now, now.saturating_add(keep))?;
        }
        found.ok_or_else(|| S3Error::from(Code::NoSuchKey).with("Key", key))
    }
}
