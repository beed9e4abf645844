//! Conditional requests (RFC 9110 section 13): 304 and 412, for reads, writes and copy sources.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

use crate::error::{Code, S3Error};
use crate::store::Object;

/// The header names of one family of conditions.
struct Names {
    matches: &'static str,
    none_match: &'static str,
    modified: &'static str,
    unmodified: &'static str,
}

const READ: Names = Names {
    matches: "if-match",
    none_match: "if-none-match",
    modified: "if-modified-since",
    unmodified: "if-unmodified-since",
};

const COPY: Names = Names {
    matches: "x-amz-copy-source-if-match",
    none_match: "x-amz-copy-source-if-none-match",
    modified: "x-amz-copy-source-if-modified-since",
    unmodified: "x-amz-copy-source-if-unmodified-since",
};

/// GET and HEAD.
pub(crate) fn check_read(headers: &HeaderMap, object: &Object) -> Result<(), S3Error> {
    check(headers, object, &READ, Code::NotModified)
}

/// The source of a copy: every failed condition is a 412.
pub(crate) fn check_copy_source(headers: &HeaderMap, object: &Object) -> Result<(), S3Error> {
    check(headers, object, &COPY, Code::PreconditionFailed)
}

/// PUT, copy and complete: `If-None-Match: *` (create only) and `If-Match` (replace only this).
pub(crate) fn check_write(headers: &HeaderMap, existing: Option<&Object>) -> Result<(), S3Error> {
    if let Some(wanted) = text(headers, "if-none-match") {
        if wanted.trim() != "*" {
            return Err(S3Error::new(Code::NotImplemented, "If-None-Match of a write takes only *"));
        }
        if existing.is_some() {
            return Err(failed("If-None-Match"));
        }
    }
    if let Some(wanted) = text(headers, "if-match") {
        let existing = existing.ok_or(Code::NoSuchKey)?;
        if !lists(wanted, existing) {
            return Err(failed("If-Match"));
        }
    }
    Ok(())
}

/// DELETE: `If-Match` (only this). What is not there is deleted already.
pub(crate) fn check_delete(headers: &HeaderMap, existing: Option<&Object>) -> Result<(), S3Error> {
    match (text(headers, "if-match"), existing) {
        (Some(wanted), Some(existing)) if !lists(wanted, existing) => Err(failed("If-Match")),
        _ => Ok(()),
    }
}

fn check(headers: &HeaderMap, object: &Object, names: &Names, unchanged: Code) -> Result<(), S3Error> {
    // Nearly no request has one.
    if !headers.keys().any(|name| name.as_str().contains("if-")) {
        return Ok(());
    }
    // HTTP dates have whole seconds.
    let modified = whole_seconds(object.head.modified());
    if let Some(wanted) = text(headers, names.matches) {
        if !lists(wanted, object) {
            return Err(failed("If-Match"));
        }
    } else if date(headers, names.unmodified).is_some_and(|date| modified > date) {
        return Err(failed("If-Unmodified-Since"));
    }
    let is_unchanged = match text(headers, names.none_match) {
        Some(wanted) => lists(wanted, object),
        None => date(headers, names.modified).is_some_and(|date| modified <= date),
    };
    if is_unchanged { Err(unchanged.into()) } else { Ok(()) }
}

fn failed(condition: &'static str) -> S3Error {
    S3Error::from(Code::PreconditionFailed).with("Condition", condition)
}

fn lists(header: &str, object: &Object) -> bool {
    header
        .split(',')
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"') == object.head.etag)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn date(headers: &HeaderMap, name: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text(headers, name)?).ok()
}

fn whole_seconds(time: SystemTime) -> SystemTime {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Content, Head};

    fn object() -> Object {
        let head = Head { etag: "abc".into(), modified_us: 1_000_000_500_000, ..Head::default() };
        Object::new(head, Content::default())
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn code(result: Result<(), S3Error>) -> Option<Code> {
        result.err().map(|error| error.code)
    }

    #[test]
    fn reads() {
        let now = httpdate::fmt_http_date(object().head.modified());
        let past = httpdate::fmt_http_date(object().head.modified() - Duration::from_secs(5));
        for (lines, want) in [
            (&[("if-match", "\"abc\"")][..], None),
            (&[("if-match", "\"x\", \"abc\"")], None),
            (&[("if-match", "\"x\"")], Some(Code::PreconditionFailed)),
            (&[("if-none-match", "W/\"abc\"")], Some(Code::NotModified)),
            (&[("if-none-match", "\"x\""), ("if-modified-since", &now)], None),
            (&[("if-modified-since", &now)], Some(Code::NotModified)),
            (&[("if-modified-since", &past)], None),
            (&[("if-unmodified-since", &now)], None),
            (&[("if-unmodified-since", &past)], Some(Code::PreconditionFailed)),
            (&[("if-unmodified-since", "no date")], None),
        ] {
            assert_eq!(code(check_read(&headers(lines), &object())), want, "{lines:?}");
        }
        let copy = headers(&[("x-amz-copy-source-if-none-match", "abc")]);
        assert_eq!(code(check_copy_source(&copy, &object())), Some(Code::PreconditionFailed));
    }

    #[test]
    fn writes() {
        let create = headers(&[("if-none-match", "*")]);
        assert_eq!(code(check_write(&create, None)), None);
        assert_eq!(code(check_write(&create, Some(&object()))), Some(Code::PreconditionFailed));
        let replace = headers(&[("if-match", "\"abc\"")]);
        assert_eq!(code(check_write(&replace, Some(&object()))), None);
        assert_eq!(code(check_write(&replace, None)), Some(Code::NoSuchKey));
        assert_eq!(code(check_write(&headers(&[("if-match", "x")]), Some(&object()))), Some(Code::PreconditionFailed));
    }
}
