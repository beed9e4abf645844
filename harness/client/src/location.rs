//! URIs from answers: resolving a relative `Location` or `Link` (RFC 3986 section 5.2) and adding to its query (D02).

use std::borrow::Cow;

use http::Uri;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use shakedown_oci::quote;

/// What is escaped in a query value; `:` and `/` stay, so that digests and scopes remain readable.
const QUERY_VALUE: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'&').add(b'+').add(b'<').add(b'=').add(b'>');

/// Longest path and query that is put together without the parser of whole URIs, which knows the limit of their length.
const SHORT: usize = 4096;

/// A reference that does not lead to a URI we can call.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("{text} is not a usable URI: {reason}")]
pub struct LocationError {
    text: String,
    reason: String,
}

/// The absolute URI that `reference` means in an answer to a request for `base`.
///
/// # Errors
/// [`LocationError`] if it is no URI, or one of another scheme than http and https.
pub fn resolve(base: &Uri, reference: &str) -> Result<Uri, LocationError> {
    let wrong = |reason: &str| LocationError { text: quote(reference), reason: reason.to_owned() };
    let reference = reference.trim();
    let reference = reference.split_once('#').map_or(reference, |(before, _)| before);
    let scheme = base.scheme_str().ok_or_else(|| wrong("the request's own URI is not absolute"))?;
    let authority = base.authority().ok_or_else(|| wrong("the request's own URI has no host"))?;
    let text = if has_scheme(reference) {
        reference.to_owned()
    } else if reference.starts_with("//") {
        format!("{scheme}:{reference}")
    } else {
        let (path, query) = reference.split_once('?').map_or((reference, None), |(path, query)| (path, Some(query)));
        let path = match path {
            "" => Cow::Borrowed(base.path()),
            absolute if absolute.starts_with('/') => remove_dots(absolute),
            relative => {
                let whole = format!("{}{relative}", &base.path()[..=base.path().rfind('/').unwrap_or(0)]);
                Cow::Owned(remove_dots(&whole).into_owned())
            }
        };
        let query = if reference.is_empty() { base.query() } else { query };
        let mut target = path.into_owned();
        if let Some(query) = query {
            target.push('?');
            target.push_str(query);
        }
        if target.len() <= SHORT && matches!(scheme, "http" | "https") && !authority.host().is_empty() {
            // Each request of a load comes here: scheme and authority were parsed before.
            let target = target.try_into().map_err(|error: http::uri::InvalidUri| wrong(&error.to_string()))?;
            let mut parts = http::uri::Parts::default();
            (parts.scheme, parts.authority) = (base.scheme().cloned(), Some(authority.clone()));
            parts.path_and_query = Some(target);
            return Uri::from_parts(parts).map_err(|error| wrong(&error.to_string()));
        }
        format!("{scheme}://{authority}{target}")
    };
    let uri: Uri = text.parse().map_err(|error: http::uri::InvalidUri| wrong(&error.to_string()))?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(host)) if !host.is_empty() => Ok(uri),
        _ => Err(wrong("only http and https with a host can be called")),
    }
}

/// `uri` with `name=value` in its query, after `?` or `&` as needed; what is there already stays as it is.
pub fn append_query(uri: &Uri, name: &str, value: &str) -> Uri {
    let value = utf8_percent_encode(value, QUERY_VALUE);
    let joint = match uri.query() {
        None => "?",
        Some(query) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut parts = uri.clone().into_parts();
    let joined = format!("{path}{joint}{name}={value}");
    parts.path_and_query = Some(joined.parse().expect("escaped text keeps a valid path and query valid"));
    Uri::from_parts(parts).expect("only the query was changed")
}

/// Whether two URIs have one origin: scheme, host and port (AP2).
pub(crate) fn same_origin(one: &Uri, other: &Uri) -> bool {
    // Mostly they are written alike.
    let alike = |one: &Uri, other: &Uri| one.authority().map(|a| a.as_str()) == other.authority().map(|a| a.as_str());
    one.scheme() == other.scheme() && alike(one, other) || origin(one) == origin(other)
}

fn origin(uri: &Uri) -> (Option<&str>, Option<String>, Option<u16>) {
    let default = match uri.scheme_str() {
        Some("https") => Some(443),
        Some("http") => Some(80),
        _ => None,
    };
    (uri.scheme_str(), uri.host().map(str::to_ascii_lowercase), uri.port_u16().or(default))
}

fn has_scheme(reference: &str) -> bool {
    reference.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+.-".contains(&b))
    })
}

/// RFC 3986 section 5.2.4, for an absolute path.
fn remove_dots(path: &str) -> Cow<'_, str> {
    if !path.contains("/.") {
        return Cow::Borrowed(path);
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    Cow::Owned(format!("/{}", kept.join("/")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn resolved(reference: &str) -> String {
        let base = "http://a.test:5000/v2/lab/app/blobs/uploads/?mount=x".parse().unwrap();
        resolve(&base, reference).map_or_else(|error| error.to_string(), |uri| uri.to_string())
    }

    #[test]
    fn references_resolve_as_rfc_3986_says() {
        assert_eq!(resolved("/v2/x?_state=a%2Bb"), "http://a.test:5000/v2/x?_state=a%2Bb");
        assert_eq!(resolved("9ac3?x=1"), "http://a.test:5000/v2/lab/app/blobs/uploads/9ac3?x=1");
        assert_eq!(resolved("../sha256:0"), "http://a.test:5000/v2/lab/app/blobs/sha256:0");
        assert_eq!(resolved("./.."), "http://a.test:5000/v2/lab/app/blobs/");
        assert_eq!(resolved("/../../x"), "http://a.test:5000/x");
        assert_eq!(resolved("?q"), "http://a.test:5000/v2/lab/app/blobs/uploads/?q");
        assert_eq!(resolved(""), "http://a.test:5000/v2/lab/app/blobs/uploads/?mount=x");
        assert_eq!(resolved("//b.test/x"), "http://b.test/x");
        assert_eq!(resolved("https://b.test/x#y"), "https://b.test/x");
        assert!(resolved("ftp://b.test/x").contains("only http and https"));
        assert!(resolved("http://").contains("is not a usable URI"));
        assert!(resolved("/a b").contains("is not a usable URI"));
        assert_eq!(resolved("/a//b/.c/"), "http://a.test:5000/a//b/.c/");
        let long = format!("/{}", "x".repeat(SHORT + 1));
        assert_eq!(resolved(&long), format!("http://a.test:5000{long}"));
        assert!(resolved(&format!("/{}", "x".repeat(70_000))).contains("is not a usable URI"), "no URI is that long");
    }

    #[test]
    fn the_digest_is_appended_and_nothing_is_lost() {
        let with = |uri: &str| append_query(&uri.parse().unwrap(), "digest", "sha256:0+").to_string();
        assert_eq!(with("http://a/u"), "http://a/u?digest=sha256:0%2B");
        assert_eq!(with("http://a/u?"), "http://a/u?digest=sha256:0%2B");
        assert_eq!(with("http://a/u?_state=x%3D%3D"), "http://a/u?_state=x%3D%3D&digest=sha256:0%2B");
        assert_eq!(with("http://a/u?x&"), "http://a/u?x&digest=sha256:0%2B");
        assert_eq!(with("http://a"), "http://a/?digest=sha256:0%2B");
    }

    #[test]
    fn origins_know_default_ports_and_case() {
        let same = |a: &str, b: &str| same_origin(&a.parse().unwrap(), &b.parse().unwrap());
        assert!(same("http://A.test/x", "http://a.test:80/y"));
        assert!(!same("http://a.test", "https://a.test"));
        assert!(!same("http://a.test", "http://a.test:81"));
        assert!(!same("http://127.0.0.1", "http://localhost"));
    }

    proptest! {
        #[test]
        fn nothing_panics(reference in "[a-z:/?#&=%.é \\-]{0,40}") {
            let base = "http://a.test/v2/x?y".parse().unwrap();
            if let Ok(uri) = resolve(&base, &reference) {
                let longer = append_query(&uri, "digest", &reference);
                prop_assert!(longer.query().unwrap().starts_with(uri.query().unwrap_or("")));
                prop_assert!(longer.query().unwrap().contains("digest="));
            }
        }
    }
}
