//! What a client call is about, read from its URI and from what its answer says (OCI distribution specification, "API").

use percent::decode;
use shakedown_wire::Exchange;

use super::key::is_hex;

/// The endpoint of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// `/v2/<name>/blobs/<digest>`.
    Blob(String),
    /// `/v2/<name>/manifests/<reference>`.
    Manifest(String),
    /// `/v2/<name>/blobs/uploads/`.
    Uploads,
    /// `/v2/<name>/blobs/uploads/<id>`.
    Upload(String),
    /// `/v2/_catalog`.
    Catalog,
    /// Anything else.
    Other,
}

/// A client call, as far as storage keys can be about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// The endpoint.
    pub(crate) target: Target,
    /// The repository, and the source of a mount.
    pub(crate) repositories: Vec<String>,
    /// Ids of upload sessions, from the URI and from the answer.
    pub(crate) uploads: Vec<String>,
    /// Hex parts of digests, from the URI, the answer and the body.
    pub(crate) digests: Vec<String>,
}

impl Address {
    /// Reads a recorded call.
    pub(crate) fn of(call: &Exchange) -> Self {
        let mut address = Self::of_uri(&call.request.uri);
        let answer = call.response.iter().flat_map(|response| &response.headers);
        for (name, value) in answer {
            match name.to_ascii_lowercase().as_str() {
                "location" => {
                    if let Target::Upload(id) = Self::of_uri(value).target {
                        address.uploads.push(id);
                    }
                }
                "docker-upload-uuid" => address.uploads.push(value.clone()),
                "docker-content-digest" => address.digests.extend(hexes(value)),
                _ => {}
            }
        }
        if matches!(address.target, Target::Manifest(_)) {
            address.digests.extend(call.request.body.digest.iter().flat_map(|digest| hexes(digest)));
        }
        address
    }

    /// Reads an absolute or relative URI.
    pub(crate) fn of_uri(uri: &str) -> Self {
        let decoded = decode(path_of(uri));
        let (path, query) = decoded.split_once('?').unwrap_or((&decoded, ""));
        let (repository, target) = read_path(path);
        let mut repositories: Vec<_> = repository.into_iter().collect();
        repositories.extend(query_value(query, "from").map(str::to_owned));
        let uploads = if let Target::Upload(id) = &target { vec![id.clone()] } else { Vec::new() };
        Self { target, repositories, uploads, digests: hexes(&decoded).collect() }
    }

    /// True if an upload session may be touched.
    pub(crate) fn is_upload(&self) -> bool {
        matches!(self.target, Target::Uploads | Target::Upload(_))
    }

    /// True if all repositories may be touched.
    pub(crate) fn is_catalog(&self) -> bool {
        self.target == Target::Catalog
    }

    /// The tag that the URI names.
    pub(crate) fn tag(&self) -> Option<&str> {
        match &self.target {
            Target::Manifest(reference) if !reference.contains(':') => Some(reference),
            _ => None,
        }
    }
}

fn read_path(path: &str) -> (Option<String>, Target) {
    let Some(rest) = path.strip_prefix("/v2/") else { return (None, Target::Other) };
    if rest == "_catalog" {
        return (None, Target::Catalog);
    }
    if let Some((name, id)) = rest.rsplit_once("/blobs/uploads/") {
        let id = id.trim_end_matches('/');
        let target = if id.is_empty() { Target::Uploads } else { Target::Upload(id.to_owned()) };
        return (Some(name.to_owned()), target);
    }
    if let Some(name) = rest.strip_suffix("/blobs/uploads") {
        return (Some(name.to_owned()), Target::Uploads);
    }
    for (mark, target) in [("/blobs/", Target::Blob as fn(String) -> Target), ("/manifests/", Target::Manifest)] {
        if let Some((name, reference)) = rest.rsplit_once(mark) {
            return (Some(name.to_owned()), target(reference.to_owned()));
        }
    }
    for mark in ["/tags/list", "/referrers/"] {
        if let Some((name, _)) = rest.rsplit_once(mark) {
            return (Some(name.to_owned()), Target::Other);
        }
    }
    (None, Target::Other)
}

fn hexes(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_ascii_hexdigit()).filter(|part| is_hex(part)).map(str::to_owned)
}

/// Path and query of an absolute or relative URI.
pub(crate) fn path_of(uri: &str) -> &str {
    let Some((_, rest)) = uri.split_once("://") else { return uri };
    rest.find(['/', '?']).map_or("/", |at| &rest[at..])
}

/// The query of a URI, decoded.
pub(crate) fn query_of(uri: &str) -> String {
    decode(path_of(uri)).split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default()
}

/// The value of a parameter in a decoded query.
pub(crate) fn query_value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
}

mod percent {
    //! Percent-decoding, so that `%3A` and `:` compare equal.

    /// The text with each `%XX` replaced; bytes that are not UTF-8 become U+FFFD.
    pub(super) fn decode(text: &str) -> String {
        let bytes = text.as_bytes();
        let mut out = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while at < bytes.len() {
            let hex = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
            match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                Some(byte) => {
                    out.push(byte);
                    at += 3;
                }
                None => {
                    out.push(bytes[at]);
                    at += 1;
                }
            }
        }
        String::from_utf8_lossy(&out).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_name_what_they_are_about() {
        let hex = "ab".repeat(32);
        for (uri, target, repository) in [
            (format!("http://r/v2/lab/app/blobs/sha256:{hex}"), Target::Blob(format!("sha256:{hex}")), Some("lab/app")),
            ("http://r/v2/lab/app/manifests/1.0".to_owned(), Target::Manifest("1.0".to_owned()), Some("lab/app")),
            ("/v2/lab/app/blobs/uploads/9ac3?_state=x".to_owned(), Target::Upload("9ac3".to_owned()), Some("lab/app")),
            ("/v2/lab/app/blobs/uploads/".to_owned(), Target::Uploads, Some("lab/app")),
            ("http://r/v2/lab/app/tags/list".to_owned(), Target::Other, Some("lab/app")),
            ("http://r/v2/_catalog?n=1".to_owned(), Target::Catalog, None),
            ("http://r".to_owned(), Target::Other, None),
        ] {
            let address = Address::of_uri(&uri);
            assert_eq!(
                (&address.target, address.repositories.first().map(String::as_str)),
                (&target, repository),
                "{uri}"
            );
        }
        let put = Address::of_uri(&format!("/v2/a/blobs/uploads/1?digest=sha256%3A{hex}"));
        assert_eq!(put.digests, [hex]);
        assert_eq!(Address::of_uri("/v2/a/blobs/uploads/?mount=x&from=lab%2Fbase").repositories, ["a", "lab/base"]);
        assert_eq!(Address::of_uri("/v2/%zz%e4%").target, Target::Other, "broken escapes are no reason to stop");
    }
}
