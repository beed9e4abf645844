//! Who broke a rule, from the answer that showed it.

use shakedown_wire::Exchange;

use crate::report::Blame;

/// Programs that stand before stores.
const GATEWAYS: &[&str] =
    &["nginx", "openresty", "haproxy", "envoy", "varnish", "cloudflare", "apache", "traefik", "squid"];

/// The last error answer decides: one that is not S3's own is a gateway's.
pub(crate) fn blame(evidence: &[Exchange]) -> Blame {
    let Some(last) = evidence.iter().rev().find(|exchange| exchange.response.as_ref().is_none_or(|a| a.status >= 400))
    else {
        return Blame::Storage;
    };
    let Some(answer) = &last.response else { return Blame::Network };
    let header = |name: &str| {
        answer.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_lowercase())
    };
    let html = header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    let named = header("server").is_some_and(|server| GATEWAYS.iter().any(|name| server.starts_with(name)));
    let own = header("x-amz-request-id").is_some() && !html;
    // A page of the store itself when it breaks down is no gateway's.
    if !own && (html && answer.status < 500 || named) { Blame::Gateway } else { Blame::Storage }
}
