//! AWS Signature Version 4, the verifier's side, our own: it shares no code with the signers it judges.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html>
//!
//! Here: who signed, when, and whether the signature holds. Not here: the bytes of the body (`payload`).

mod canonical;
mod header;
mod presigned;
mod signing;

use std::time::{Duration, SystemTime};

use http::{HeaderMap, Method, Uri};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::config::{Credential, S3Config};
use crate::error::{Code, S3Error};
use crate::request::Query;

pub(crate) use signing::{ChunkSigner, SigningKeys};

/// What is judged.
pub(crate) struct Signed<'a> {
    pub(crate) config: &'a S3Config,
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) query: &'a Query,
    /// The store's idea of the time.
    pub(crate) now: SystemTime,
    /// Keys of requests before this one.
    pub(crate) keys: &'a SigningKeys,
    /// Tells whether an access key was revoked.
    pub(crate) revoked: &'a (dyn Fn(&str) -> bool + Sync),
}

/// What a good signature says about the body.
#[derive(Debug, Default)]
pub(crate) struct Verified {
    /// The value of `x-amz-content-sha256`, if the request has one.
    pub(crate) payload_hash: Option<String>,
    /// Verifies signed chunks; the signature of the head is their seed.
    pub(crate) chunks: Option<ChunkSigner>,
}

/// Verifies the signature of a head, or lets everybody in if the configuration says so.
pub(crate) fn verify(request: &Signed<'_>) -> Result<Verified, S3Error> {
    let payload_hash = text(request.headers, "x-amz-content-sha256").map(str::to_owned);
    let authorization = text(request.headers, "authorization");
    let presigned = request.query.has("X-Amz-Algorithm") || request.query.has("X-Amz-Signature");
    if !request.config.verify_signatures {
        return Ok(Verified { payload_hash, chunks: None });
    }
    if presigned {
        if authorization.is_some() && request.config.presigned_refuses_authorization {
            // AWS repeats the header's value here; a bearer token must not come back, so we do not.
            let message = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string \
                           parameter or the Authorization header should be specified";
            return Err(S3Error::new(Code::InvalidArgument, message).with("ArgumentName", "Authorization"));
        }
        return presigned::verify(request);
    }
    match authorization {
        Some(value) => header::verify(request, value),
        None if request.query.has("AWSAccessKeyId") => Err(version_two()),
        None => Err(Code::AccessDenied.into()),
    }
}

/// Signature Version 2 in either place.
fn version_two() -> S3Error {
    let message = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";
    S3Error::new(Code::InvalidRequest, message)
}

/// The access key a request names, verified or not.
pub(crate) fn access_key(headers: &HeaderMap, query: &Query) -> Option<String> {
    let in_header = || text(headers, "authorization")?.split_once("Credential=")?.1.split(',').next();
    let scope = Scope::parse(query.get("X-Amz-Credential").or_else(in_header)?.trim())?;
    Some(scope.access_key)
}

/// The scope of a credential: `<key>/<yyyymmdd>/<region>/<service>/aws4_request`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Scope {
    access_key: String,
    date: String,
    region: String,
    service: String,
}

impl Scope {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.rsplit('/');
        (parts.next()? == "aws4_request").then_some(())?;
        let (service, region, date) = (parts.next()?, parts.next()?, parts.next()?);
        let access_key: Vec<&str> = parts.collect();
        let access_key: Vec<&str> = access_key.into_iter().rev().collect();
        let own = |text: &str| text.to_owned();
        Some(Self { access_key: access_key.join("/"), date: own(date), region: own(region), service: own(service) })
    }

    /// As it stands in the string to sign.
    fn text(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.date, self.region, self.service)
    }

    /// Region, service and day; `code` is the error of the place where the scope stood.
    fn check(&self, config: &S3Config, time: &Stamp, code: Code) -> Result<(), S3Error> {
        if self.region != config.region {
            let (got, want) = (&self.region, &config.region);
            let message =
                format!("The authorization header is malformed; the region '{got}' is wrong; expecting '{want}'");
            return Err(S3Error::new(code, message).with("Region", want));
        }
        if self.service != "s3" {
            return Err(S3Error::new(
                code,
                "The authorization header is malformed; incorrect service. This endpoint belongs to \"s3\".",
            ));
        }
        if !time.text.starts_with(&self.date) {
            return Err(S3Error::new(
                code,
                "The authorization header is malformed; the date of the scope is not that of the request.",
            ));
        }
        Ok(())
    }
}

/// A point in time as requests write it: `20260101T000000Z`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    text: String,
    time: SystemTime,
}

impl Stamp {
    fn parse(text: &str) -> Option<Self> {
        let format = format_description!("[year][month][day]T[hour][minute][second]Z");
        let time = time::PrimitiveDateTime::parse(text, format).ok()?.assume_utc();
        (time.year() >= 1970).then(|| Self { text: text.to_owned(), time: time.into() })
    }

    fn of(time: SystemTime) -> Self {
        let format = format_description!("[year][month][day]T[hour][minute][second]Z");
        let text = OffsetDateTime::from(time).format(format).unwrap_or_default();
        Self { text, time }
    }
}

/// The distance of two times, whichever is first.
fn distance(a: SystemTime, b: SystemTime) -> Duration {
    a.duration_since(b).unwrap_or_else(|error| error.duration())
}

/// The key that signed, if it is known and may still be used.
fn credential<'a>(request: &'a Signed<'_>, scope: &Scope, token: Option<&str>) -> Result<&'a Credential, S3Error> {
    let unknown = || S3Error::from(Code::InvalidAccessKeyId).with("AWSAccessKeyId", &scope.access_key);
    let found =
        request.config.credentials.iter().find(|known| known.access_key == scope.access_key).ok_or_else(unknown)?;
    if (request.revoked)(&found.access_key) {
        return Err(unknown());
    }
    if found.session_token.as_deref() != token {
        return Err(Code::InvalidToken.into());
    }
    Ok(found)
}

/// Every `x-amz-` header that is there must be signed, and `host` always.
fn check_signed_headers(headers: &HeaderMap, signed: &[&str]) -> Result<(), S3Error> {
    let is_signed = |name: &str| signed.contains(&name);
    if !is_signed("host") {
        return Err(Code::SignatureDoesNotMatch.into());
    }
    let unsigned: Vec<&str> = headers
        .keys()
        .map(http::HeaderName::as_str)
        .filter(|name| name.starts_with("x-amz-") && !is_signed(name))
        .collect();
    if unsigned.is_empty() {
        return Ok(());
    }
    let message = "There were headers present in the request which were not signed";
    Err(S3Error::new(Code::AccessDenied, message).with("HeadersNotSigned", unsigned.join(", ")))
}

/// A header as text; bytes that are no text count as absent.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// ISO 8601, as error details have it.
pub(crate) fn iso(time: SystemTime) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    OffsetDateTime::from(time).format(format).unwrap_or_default()
}
