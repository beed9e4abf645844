//! What a proxy must not send on: the headers of one hop.

use http::HeaderMap;
use http::header::{CONNECTION, HeaderName};

/// Headers of one hop (RFC 9110 section 7.6.1). A proxy answers `Expect: 100-continue` itself.
const OF_THIS_HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
];

/// Removes what is meant for this hop: the headers known to be, and those that `Connection` names.
pub fn end_hop(headers: &mut HeaderMap) {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<HeaderName> =
        values.flat_map(|value| value.split(',')).filter_map(|name| name.trim().parse().ok()).collect();
    for name in named {
        headers.remove(name);
    }
    for name in OF_THIS_HOP {
        headers.remove(*name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_for_this_hop_goes_no_further() {
        let lines = [("connection", "close, X-Of-Mine"), ("x-of-mine", "1"), ("te", "trailers"), ("host", "registry")];
        let mut headers: HeaderMap =
            lines.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())).collect();
        end_hop(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["host"]);
    }
}
