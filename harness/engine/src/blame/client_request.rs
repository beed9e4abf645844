//! The client's own request cannot succeed, and its calls alone prove it: a digest that is not that of the bytes, a chunk that does not
//! follow the one before, a manifest before its blobs, an upload that has ended.

use shakedown_reports::{Blame, Call, Party};

use super::Rule;
use super::case::{Case, path};

pub(super) const RULE: Rule = Rule { id: "client-request-wrong", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let focus = case.focus.filter(|_| matches!(case.check.what.as_str(), "status" | "outcome"))?;
    let call = &case.calls[focus];
    let refused = call.faults.is_empty() && call.status.is_some_and(|status| (400..500).contains(&status));
    if !refused || !case.wants_success() {
        return None;
    }
    let before: Vec<&Call> = case.calls[..focus].iter().filter(|call| call.is_client()).collect();
    let wrong = wrong_manifest(call, &before).or_else(|| wrong_upload(call, &before))?;
    let why = format!("the client {wrong}, and the registry rightly refused it: {}", case.answered());
    Some(case.blame(Party::Client, None, why, "correct the request: the registry answered as the specification says"))
}

/// A manifest under a digest that is not its own, or before what it refers to.
fn wrong_manifest(call: &Call, before: &[&Call]) -> Option<String> {
    let (_, reference) = path(call).rsplit_once("/manifests/")?;
    if call.method != "PUT" || !call.request_body.complete {
        return None;
    }
    let own = call.request_body.digest.as_deref()?;
    if reference.starts_with("sha256:") && reference != own {
        return Some(format!("put a manifest of digest {} under {}", short(own), short(reference)));
    }
    let known = |digest: &str| {
        let names = |call: &&&Call| unescaped(&call.uri).contains(digest);
        before.iter().filter(names).any(|call| call.status.is_some_and(|status| status < 300))
    };
    let unknown = call.response_body.excerpt.contains("MANIFEST_BLOB_UNKNOWN");
    let missing = digests(&call.request_body.excerpt).find(|digest| !known(digest)).filter(|_| unknown)?;
    Some(format!("put a manifest before the blob {}", short(missing)))
}

/// A call to an upload that cannot be right.
fn wrong_upload(call: &Call, before: &[&Call]) -> Option<String> {
    let at = path(call);
    if !at.contains("/blobs/uploads/") || at.ends_with("/blobs/uploads/") {
        return None;
    }
    let earlier: Vec<&Call> = before.iter().copied().filter(|call| path(call) == at).collect();
    let went_well = |call: &&&Call| call.status.is_some_and(|status| status < 300);
    // Ending it twice is how a client asks whether its first try was heard.
    let again = call.method == "PUT";
    if !again && earlier.iter().filter(went_well).any(|call| matches!(call.method.as_str(), "PUT" | "DELETE")) {
        return Some("went on with an upload that it had ended".to_owned());
    }
    let sent: u64 = earlier.iter().filter(went_well).map(|call| call.request_body.bytes).sum();
    let range = super::case::header(&call.request_headers, "content-range");
    let begin = range.and_then(|range| range.split('-').next()?.parse::<u64>().ok());
    if let Some(begin) = begin.filter(|begin| *begin != sent) {
        return Some(format!("sent bytes from {begin} on, but {sent} is where the upload stood"));
    }
    if call.method != "PUT" {
        return None;
    }
    let uri = unescaped(&call.uri);
    let Some((_, digest)) = uri.split_once("digest=") else {
        return Some("ended an upload without its digest".to_owned());
    };
    let digest = digest.split('&').next().unwrap_or_default();
    if digest.starts_with("sha256:") && digests(digest).next().is_none() {
        return Some(format!("ended an upload with `{digest}`, which is no digest"));
    }
    let body = &call.request_body;
    let own = body.digest.as_deref().filter(|_| sent == 0 && body.complete && digest.starts_with("sha256:"))?;
    (own != digest).then(|| format!("sent bytes of digest {} as {}", short(own), short(digest)))
}

/// The sha256 digests in a text.
fn digests(text: &str) -> impl Iterator<Item = &str> {
    const MARK: &str = "sha256:";
    const LENGTH: usize = MARK.len() + 64;
    text.match_indices(MARK).filter_map(move |(at, _)| {
        let digest = text.get(at..at + LENGTH)?;
        digest[MARK.len()..].bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(digest)
    })
}

/// A digest in a query, readable.
fn unescaped(uri: &str) -> String {
    uri.replace("%3A", ":").replace("%3a", ":")
}

fn short(digest: &str) -> &str {
    digest.get(..19).unwrap_or(digest)
}
