//! A small signed client for the tests. It signs with `aws-sigv4`, which shares no code with the mock's verifier.

#![allow(dead_code, reason = "each test file uses its part")]

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SessionTokenMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use shakedown_s3::{Credential, S3Config, S3Mock};
use shakedown_wire::{Body, Clock, Party, Request};

pub const BUCKET: &str = "lab";
pub const ACCESS_KEY: &str = "AKLAB";
pub const SECRET_KEY: &str = "lab-secret";

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    /// The text of the first element of that name.
    pub fn element(&self, name: &str) -> Option<&str> {
        let text = self.text();
        let start = text.find(&format!("<{name}>"))? + name.len() + 2;
        let end = text[start..].find(&format!("</{name}>"))? + start;
        Some(&text[start..end])
    }

    /// All of that name.
    pub fn elements(&self, name: &str) -> Vec<&str> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        self.text().split(&open).skip(1).filter_map(|rest| rest.split(&close).next()).collect()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// Status and error code.
    pub fn error(&self) -> (u16, &str) {
        (self.status.as_u16(), self.element("Code").unwrap_or_default())
    }
}

/// A signed client in front of a mock.
#[derive(Clone)]
pub struct Client {
    pub mock: S3Mock,
    pub party: Party,
    pub clock: Clock,
    pub credential: Credential,
    pub region: String,
}

pub fn config() -> S3Config {
    S3Config::with_bucket(BUCKET, Credential::new(ACCESS_KEY, SECRET_KEY))
}

pub fn client() -> Client {
    client_of(config())
}

pub fn client_of(config: S3Config) -> Client {
    let clock = Clock::virtual_time();
    let mock = S3Mock::new(config, clock.clone(), 7);
    of_mock(mock)
}

pub fn of_mock(mock: S3Mock) -> Client {
    Client {
        party: mock.party(),
        clock: mock.clock().clone(),
        mock,
        credential: Credential::new(ACCESS_KEY, SECRET_KEY),
        region: "us-east-1".into(),
    }
}

/// How a request is signed.
#[derive(Clone, Copy)]
pub enum How {
    Header,
    Unsigned,
    Presigned(Duration),
}

impl Client {
    /// Sends and collects.
    pub async fn send(&self, method: Method, target: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Reply {
        let request = self.signed(How::Header, method, target, headers, body.into());
        self.exchange(request).await
    }

    pub async fn get(&self, target: &str) -> Reply {
        self.send(Method::GET, target, &[], "").await
    }

    pub async fn put(&self, target: &str, body: impl Into<Bytes>) -> Reply {
        self.send(Method::PUT, target, &[], body).await
    }

    pub async fn head(&self, target: &str) -> Reply {
        self.send(Method::HEAD, target, &[], "").await
    }

    pub async fn delete(&self, target: &str) -> Reply {
        self.send(Method::DELETE, target, &[], "").await
    }

    /// Sends what is given, as it is.
    pub async fn exchange(&self, request: Request) -> Reply {
        let response = self.party.send(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = body.collect(64 << 20).await.expect("a whole body");
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// Opens an upload and gives its id.
    pub async fn create_upload(&self, key: &str) -> String {
        let reply = self.send(Method::POST, &format!("/{BUCKET}/{key}?uploads"), &[], "").await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.element("UploadId").expect("an id").to_owned()
    }

    /// Uploads a part and gives its ETag.
    pub async fn upload_part(&self, key: &str, id: &str, number: u32, body: impl Into<Bytes>) -> String {
        let reply = self.put(&format!("/{BUCKET}/{key}?partNumber={number}&uploadId={id}"), body).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.header("etag").to_owned()
    }

    /// Completes with these parts.
    pub async fn complete(&self, key: &str, id: &str, parts: &[(u32, &str)]) -> Reply {
        let parts: String = parts
            .iter()
            .map(|(number, etag)| format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"))
            .collect();
        let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        self.send(Method::POST, &format!("/{BUCKET}/{key}?uploadId={id}"), &[], body).await
    }

    /// A signed request. `target` is path and query, or an absolute URI.
    pub fn signed(&self, how: How, method: Method, target: &str, headers: &[(&str, &str)], body: Bytes) -> Request {
        let uri = if target.starts_with('/') { format!("http://s3.test{target}") } else { target.to_owned() };
        let mut builder = http::Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        if !body.is_empty() || builder.method_ref().is_some_and(|method| method == Method::PUT) {
            builder = builder.header("content-length", body.len());
        }
        let mut request = builder.body(Body::empty()).expect("a request");
        let hash =
            headers.iter().find(|(name, _)| *name == "x-amz-content-sha256").map(|(_, value)| (*value).to_owned());
        let signable = match (how, hash) {
            (_, Some(hash)) => SignableBody::Precomputed(hash),
            (How::Header, None) => SignableBody::Bytes(&body),
            _ => SignableBody::UnsignedPayload,
        };
        self.sign(how, &mut request, signable);
        request.map(|_| Body::full(body))
    }

    fn sign(&self, how: How, request: &mut Request, body: SignableBody<'_>) {
        let credential = &self.credential;
        let identity = Credentials::new(
            &credential.access_key,
            &credential.secret_key,
            credential.session_token.clone(),
            None,
            "test",
        )
        .into();
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.session_token_mode = SessionTokenMode::Include;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        if let How::Presigned(expires) = how {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.expires_in = Some(expires);
            settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
        }
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(self.clock.now())
            .settings(settings)
            .build()
            .expect("all parameters")
            .into();
        let headers: Vec<(String, String)> = request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()))
            .collect();
        let lines = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let uri = request.uri().to_string();
        let signable = SignableRequest::new(request.method().as_str(), &uri, lines, body).expect("signable");
        let (instructions, _) = sign(signable, &params).expect("a signature").into_parts();
        instructions.apply_to_request_http1x(request);
    }
}
