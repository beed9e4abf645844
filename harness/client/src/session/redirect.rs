//! Following a redirect: which request comes next (RFC 9110 section 15.4; AP2, C06).

use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, COOKIE, LOCATION, PROXY_AUTHORIZATION};
use http::{HeaderMap, Method, StatusCode, Uri};

use super::hop::{Hop, Payload};
use crate::location::{LocationError, resolve, same_origin};

/// The request that an answer to `hop` redirects to; `None` if it is no redirect or has no `Location`.
///
/// 303 turns everything but HEAD into GET, 301 and 302 turn POST into GET (E08); all else keeps method, `Range` and body.
/// Credentials never cross an origin.
pub(crate) fn next(hop: &Hop, status: StatusCode, headers: &HeaderMap) -> Option<Result<Hop, LocationError>> {
    let to_get = match status.as_u16() {
        303 => hop.method != Method::HEAD,
        301 | 302 => hop.method == Method::POST,
        307 | 308 => false,
        _ => return None,
    };
    let location = headers.get(LOCATION)?;
    let location = String::from_utf8_lossy(location.as_bytes());
    Some(resolve(&hop.uri, &location).map(|uri| follow(hop, uri, to_get)))
}

fn follow(hop: &Hop, uri: Uri, to_get: bool) -> Hop {
    let mut next = hop.clone();
    if to_get {
        next.method = Method::GET;
        next.payload = Payload::Empty;
        for name in [CONTENT_LENGTH, CONTENT_TYPE, CONTENT_RANGE] {
            next.headers.remove(name);
        }
    }
    if !same_origin(&hop.uri, &uri) {
        for name in [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION] {
            next.headers.remove(name);
        }
    }
    next.uri = uri;
    next
}

#[cfg(test)]
mod tests {
    use http::header::RANGE;

    use super::*;

    fn redirected(method: Method, status: u16, location: &str) -> Option<Hop> {
        let hop = Hop::new(method, "http://a.test/v2/x".parse().unwrap())
            .header(AUTHORIZATION, "Bearer x")
            .header(RANGE, "bytes=5-")
            .header(CONTENT_TYPE, "a/b")
            .payload(Payload::Bytes("abc".into()));
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, location.parse().unwrap());
        next(&hop, StatusCode::from_u16(status).unwrap(), &headers).map(Result::unwrap)
    }

    #[test]
    fn credentials_never_cross_an_origin() {
        let same = redirected(Method::GET, 307, "/v2/y").unwrap();
        assert!(same.headers.contains_key(AUTHORIZATION));
        for other in ["http://b.test/y", "http://a.test:81/y", "https://a.test/y"] {
            let hop = redirected(Method::GET, 307, other).unwrap();
            assert!(!hop.headers.contains_key(AUTHORIZATION), "{other}");
            assert_eq!(hop.headers[RANGE], "bytes=5-");
        }
    }

    #[test]
    fn the_status_decides_on_method_and_body() {
        let after = |method, status| {
            let hop = redirected(method, status, "/y").unwrap();
            (hop.method, matches!(hop.payload, Payload::Empty), hop.headers.contains_key(CONTENT_TYPE))
        };
        assert_eq!(after(Method::POST, 301), (Method::GET, true, false));
        assert_eq!(after(Method::POST, 302), (Method::GET, true, false));
        assert_eq!(after(Method::PUT, 303), (Method::GET, true, false));
        assert_eq!(after(Method::HEAD, 303), (Method::HEAD, false, true));
        for method in [Method::POST, Method::PATCH, Method::PUT] {
            assert_eq!(after(method.clone(), 307), (method.clone(), false, true));
            assert_eq!(after(method.clone(), 308), (method, false, true));
        }
        assert!(redirected(Method::GET, 304, "/y").is_none());
        assert!(redirected(Method::GET, 201, "/y").is_none());
    }
}
