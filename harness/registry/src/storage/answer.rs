//! Judges one answer: is it what the operation promises, byte for byte? (incidents A10, A13, B01-B09)

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use shakedown_wire::{Body, Response};

use super::call::Op;
use super::outcome::{Flaw, Kind};
use crate::defects::{
    DefectSet, broken_list_is_whole, complete_200_is_success, denied_is_absent, list_200_html_is_empty, strict_xml_404,
    trust_200_copy,
};
use shakedown_s3call::xml::{self, Element};

const SMALL: usize = 64 << 10;
const LISTING: usize = 16 << 20;

/// What a success must look like.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expect {
    /// A 2xx whose body, if any, is no error.
    Done,
    /// A 2xx with this root element.
    Xml(&'static str),
    /// An object of at most this many bytes, whole.
    Object(usize),
    /// An object's head; the body streams.
    Stream,
}

/// A success.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Of [`Expect::Xml`].
    pub(crate) xml: Element,
    /// Of [`Expect::Object`].
    pub(crate) bytes: Bytes,
    /// Of [`Expect::Stream`].
    pub(crate) body: Body,
}

impl Answer {
    /// The ETag without quotes, in lower case.
    pub(crate) fn etag(&self) -> Option<String> {
        etag(&self.headers)
    }
}

pub(crate) fn etag(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::ETAG)?.to_str().ok()?.trim_matches('"');
    (!value.is_empty()).then(|| value.to_ascii_lowercase())
}

pub(crate) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Reads as much of `response` as `expect` needs and judges it.
pub(crate) async fn judge(op: Op, response: Response, expect: Expect, defects: &DefectSet) -> Result<Answer, Flaw> {
    let (head, body) = response.into_parts();
    let mut answer = Answer {
        status: head.status,
        headers: head.headers,
        xml: Element::default(),
        bytes: Bytes::new(),
        body: Body::empty(),
    };
    if !answer.status.is_success() {
        return Err(refusal(op, answer.status, &answer.headers, body, defects).await);
    }
    match expect {
        Expect::Done if op == Op::HeadObject => require_s3(&answer)?,
        Expect::Done => {
            let bytes = body.collect(SMALL).await.map_err(|error| Flaw::wire(&error))?;
            if let Some(error) = error_document(op, answer.status, &bytes) {
                return Err(error);
            }
        }
        Expect::Xml(root) => {
            let bytes = body.collect(LISTING).await.map_err(|error| Flaw::wire(&error))?;
            answer.xml = document(op, answer.status, &bytes, root, defects)?;
        }
        Expect::Object(limit) => {
            require_s3(&answer)?;
            answer.bytes = body.collect(limit).await.map_err(|error| Flaw::wire(&error))?;
            let announced = content_length(&answer.headers);
            if announced.is_some_and(|length| length != answer.bytes.len() as u64) {
                return Err(Flaw::new(Kind::ConnectionLost, "the object's body is shorter than announced"));
            }
        }
        Expect::Stream => {
            require_s3(&answer)?;
            answer.body = body;
        }
    }
    Ok(answer)
}

/// Objects have an ETag and S3's answers a request id; a page of a portal or gateway has neither (incidents B08, E06).
fn require_s3(answer: &Answer) -> Result<(), Flaw> {
    let has_etag = answer.headers.contains_key(header::ETAG);
    let is_page =
        answer.headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    if has_etag || (answer.headers.contains_key("x-amz-request-id") && !is_page) {
        return Ok(());
    }
    Err(Flaw::not_s3(answer.status, "an object without ETag and request id"))
}

fn document(op: Op, status: StatusCode, bytes: &[u8], root: &str, defects: &DefectSet) -> Result<Element, Flaw> {
    let judged = match xml::parse(bytes) {
        Ok(found) if found.name == root => Ok(found),
        Ok(found) if found.name == "Error" => Err(from_error_element(op, status, &found)),
        Ok(found) => Err(Flaw::not_s3(status, format!("<{}> where <{root}> was due", cut(&found.name)))),
        Err(error) => Err(Flaw::not_s3(status, format!("no <{root}>: {error}"))),
    };
    judged.or_else(|flaw| defect_believes(op, bytes, defects).ok_or(flaw))
}

/// Seeded defects: a success by status alone.
fn defect_believes(op: Op, bytes: &[u8], defects: &DefectSet) -> Option<Element> {
    let believed = match op {
        Op::CompleteMultipartUpload => defects.has(&complete_200_is_success::DEFECT),
        Op::CopyObject | Op::UploadPartCopy => defects.has(&trust_200_copy::DEFECT),
        Op::ListObjectsV2 if defects.has(&list_200_html_is_empty::DEFECT) => true,
        Op::ListObjectsV2 if defects.has(&broken_list_is_whole::DEFECT) => {
            return broken_list_is_whole::salvage(bytes);
        }
        _ => false,
    };
    believed.then(Element::default)
}

fn error_document(op: Op, status: StatusCode, bytes: &[u8]) -> Option<Flaw> {
    let root = xml::parse(bytes).ok()?;
    (root.name == "Error").then(|| from_error_element(op, status, &root))
}

fn from_error_element(op: Op, status: StatusCode, error: &Element) -> Flaw {
    let code = error.text_of("Code").unwrap_or_default();
    let message = cut(error.text_of("Message").unwrap_or_default());
    if code.is_empty() {
        return Flaw { foreign_body: true, ..Flaw::from_status(op, status, "an <Error> without <Code>") };
    }
    // A 200 has no say in what an error means (incidents A10, A13).
    let status_for_kind = if status.is_success() { StatusCode::INTERNAL_SERVER_ERROR } else { status };
    Flaw { status: Some(status), ..Flaw::from_code(op, status_for_kind, &cut(code), &message) }
}

async fn refusal(op: Op, status: StatusCode, headers: &HeaderMap, body: Body, defects: &DefectSet) -> Flaw {
    // An unreadable error body is still an error answer: its status stands.
    let bytes = body.collect(SMALL).await.unwrap_or_default();
    let mut flaw = match error_document(op, status, &bytes) {
        Some(flaw) => flaw,
        None if op == Op::HeadObject => Flaw::from_status(op, status, "no body (HEAD)"),
        None => {
            let content_type =
                headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("none");
            let detail = format!("not an S3 error body: {} bytes of type {}", bytes.len(), cut(content_type));
            Flaw { foreign_body: true, ..Flaw::from_status(op, status, detail) }
        }
    };
    flaw.retry_after = retry_after(headers);
    strict_xml_404::apply(defects, op, &mut flaw);
    denied_is_absent::apply(defects, op, &mut flaw);
    flaw
}

/// `Retry-After` in seconds; dates are not worth a clock here, the pause has a cap anyway.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// Foreign text in our log lines: short and on one line.
fn cut(text: &str) -> String {
    text.chars().take(120).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
