//! GetObject and HeadObject, with ranges, conditions and `response-*` overrides.

use std::ops::Range;

use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, LAST_MODIFIED};
use http::{HeaderName, HeaderValue, StatusCode};
use shakedown_wire::Body;

use crate::call::{Answer, Call};
use crate::conditions;
use crate::error::{Code, S3Error};
use crate::range::{Wanted, wanted};
use crate::store::Object;

/// Query parameters of a signed GET that replace headers of the answer.
const OVERRIDES: [(&str, &str); 6] = [
    ("response-content-type", "content-type"),
    ("response-content-language", "content-language"),
    ("response-expires", "expires"),
    ("response-cache-control", "cache-control"),
    ("response-content-disposition", "content-disposition"),
    ("response-content-encoding", "content-encoding"),
];

pub(super) async fn get(call: Call) -> Result<Answer, S3Error> {
    let object = call.visible_object(call.bucket(), call.key())?;
    let range = range(&call, &object)?;
    let content = match &range {
        Some(range) => object.content.slice(range.clone()),
        None => object.content.clone(),
    };
    let length = content.length();
    let mut answer = head_of(&call, &object, range);
    *answer.response.body_mut() = content.into_body();
    Ok(answer.noting(format!("{length} bytes")))
}

pub(super) async fn head(call: Call) -> Result<Answer, S3Error> {
    let object = call.visible_object(call.bucket(), call.key())?;
    let range = range(&call, &object)?;
    let mut answer = head_of(&call, &object, range);
    *answer.response.body_mut() = Body::empty();
    Ok(answer)
}

/// The part that is wanted, after the conditions.
fn range(call: &Call, object: &Object) -> Result<Option<Range<u64>>, S3Error> {
    conditions::check_read(&call.headers, object)?;
    if call.orders.ignore_range {
        return Ok(None);
    }
    let size = object.content.length();
    let header = call.header("range");
    match wanted(header, size) {
        Wanted::All => Ok(None),
        Wanted::Part(range) => Ok(Some(range)),
        Wanted::Unsatisfiable => {
            let error = S3Error::from(Code::InvalidRange)
                .with("RangeRequested", header.unwrap_or_default())
                .with("ActualObjectSize", size);
            Err(S3Error { content_range: Some(format!("bytes */{size}")), ..error })
        }
    }
}

/// Status and headers.
fn head_of(call: &Call, object: &Object, range: Option<Range<u64>>) -> Answer {
    let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let mut answer = Answer::stored(&object.head);
    let asked = || call.header("x-amz-checksum-mode").is_some_and(|mode| mode.eq_ignore_ascii_case("enabled"));
    if !object.head.checksums.is_empty() && (range.is_some() || !asked()) {
        for algorithm in crate::checksum::Algorithm::ALL {
            answer.response.headers_mut().remove(algorithm.header());
        }
    }
    let size = object.content.length();
    *answer.response.status_mut() = status;
    let headers = answer.response.headers_mut();
    for (name, value) in &object.head.headers {
        set(headers, name, value);
    }
    for (query, name) in OVERRIDES {
        if let Some(value) = call.target.query.get(query) {
            set(headers, name, value);
        }
    }
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let Ok(modified) = HeaderValue::from_str(&httpdate::fmt_http_date(object.head.modified())) {
        headers.insert(LAST_MODIFIED, modified);
    }
    let length = range.as_ref().map_or(size, |range| range.end - range.start);
    headers.insert(CONTENT_LENGTH, length.into());
    if let Some(range) = range {
        set(headers, CONTENT_RANGE.as_str(), &format!("bytes {}-{}/{size}", range.start, range.end - 1));
    }
    answer
}

fn set(headers: &mut http::HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value.as_bytes())) {
        headers.insert(name, value);
    }
}
