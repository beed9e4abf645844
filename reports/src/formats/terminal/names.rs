//! Short names for what calls address: ids cut to their first characters, storage keys by what they are in a registry's layout.

use crate::Call;
use crate::text::clean;

/// Characters that are left of an id.
const ID: usize = 4;

/// What a client's call addresses, e.g. `/v2/lab/app/blobs/uploads/9ac3?digest=sha256:4f2a`.
pub(super) fn of_client_call(call: &Call) -> String {
    if call.is_redirected() {
        let name = call.key.as_deref().map_or_else(|| short_path(path_of(&call.uri)), short_key);
        return format!("{}: {name}{}", party(&call.to), if call.uri.contains("X-Amz-") { " (presigned)" } else { "" });
    }
    let (path, query) = split_query(path_of(&call.uri));
    let mut name = short_path(path);
    if call.is_for_token() {
        name.insert_str(0, "token server: ");
    }
    // A parameter with an underscore is the registry's own state: opaque, and long.
    let pairs = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with('_'));
    for (number, pair) in pairs.enumerate() {
        name.push(if number == 0 { '?' } else { '&' });
        name.push_str(&match pair.split_once('=') {
            Some((key, value)) => format!("{}={}", clean(key), short_value(value)),
            None => clean(pair),
        });
    }
    name
}

/// What a storage call addresses, e.g. `upload-data?uploads` or `?uploads&prefix=upload-data`.
pub(super) fn of_storage_call(call: &Call) -> String {
    if call.is_behind_gateway() && call.to == "registry" {
        return format!("{}: {}", party(&call.to), of_client_call(call));
    }
    let inner = if call.is_behind_gateway() { format!("{}: ", party(&call.to)) } else { String::new() };
    format!("{inner}{}", of_key(call))
}

fn of_key(call: &Call) -> String {
    let (path, query) = split_query(path_of(&call.uri));
    let key = call.key.as_deref().unwrap_or_default();
    let mut name = if is_listing(call) { String::new() } else { short_key(key) };
    if key.is_empty() && !is_listing(call) {
        name = short_path(path);
    }
    let mut mark = '?';
    for pair in query.split('&') {
        let (parameter, value) = pair.split_once('=').unwrap_or((pair, ""));
        let shown = match parameter {
            "uploads" | "delete" | "acl" | "tagging" | "location" => parameter.to_owned(),
            "list-type" | "partNumber" | "part-number-marker" => format!("{parameter}={}", clean(value)),
            "prefix" => format!("prefix={}", short_key(if key.is_empty() { value } else { key })),
            "marker" | "key-marker" | "continuation-token" | "start-after" => parameter.to_owned(),
            "uploadId" if !query.contains("partNumber=") => parameter.to_owned(),
            _ => continue,
        };
        name.push(mark);
        name.push_str(&shown);
        mark = '&';
    }
    if is_listing(call) && name.is_empty() {
        name = format!("list {}", short_key(key));
    }
    name
}

/// The name of a party as headings have it.
pub(super) fn party(name: &str) -> String {
    if name == "s3" { "S3".to_owned() } else { clean(name) }
}

/// Two calls with equal shapes look the same to a reader but for ids and times.
pub(super) fn shape(call: &Call) -> String {
    let target = if call.is_client() { path_of(&call.uri) } else { call.key.as_deref().unwrap_or_default() };
    let path = split_query(target).0;
    let parts: Vec<_> = path.split('/').map(|part| if is_id(part) { "*" } else { part }).collect();
    format!("{} {} {} {:?} {:?}", call.to, call.method, parts.join("/"), call.operation, call.status)
}

fn is_listing(call: &Call) -> bool {
    call.operation.as_deref().is_some_and(|operation| operation.starts_with("List") && operation != "ListParts")
}

/// Path and query of an absolute or relative URI.
fn path_of(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    if rest.len() == uri.len() {
        return uri;
    }
    rest.find(['/', '?']).map_or("/", |at| &rest[at..])
}

fn split_query(path: &str) -> (&str, &str) {
    path.split_once('?').unwrap_or((path, ""))
}

fn short_path(path: &str) -> String {
    let parts: Vec<_> = path.split('/').map(short_part).collect();
    clean(&parts.join("/"))
}

fn short_part(part: &str) -> String {
    let plain = part.replace("%3A", ":").replace("%3a", ":");
    match plain.split_once(':') {
        Some((algorithm, hex)) if is_id(hex) => format!("{algorithm}:{}", head(hex)),
        _ if is_id(&plain) => head(&plain),
        _ => plain,
    }
}

fn short_value(value: &str) -> String {
    let short = short_part(value);
    clean(&if short.chars().count() > 40 { head(&short) + "..." } else { short })
}

fn head(id: &str) -> String {
    id.chars().take(ID).collect()
}

/// UUIDs and digests.
fn is_id(text: &str) -> bool {
    let text = text.strip_prefix("sha256:").or_else(|| text.strip_prefix("sha256%3A")).unwrap_or(text);
    text.len() >= 32 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// A storage key by what it is in the layout of distribution v2.
fn short_key(key: &str) -> String {
    let short_rest = || short_path(key);
    if let Some((_, rest)) = key.split_once("/_uploads/") {
        let mut parts = rest.splitn(2, '/');
        let id = parts.next().unwrap_or_default();
        return match parts.next() {
            Some("data") => "upload-data".to_owned(),
            Some(name) if name.starts_with("hashstates") => "hashstate".to_owned(),
            Some(name) if !name.is_empty() => clean(name),
            _ => format!("uploads {}", short_part(id)),
        };
    }
    let digest_in = |rest: &str| rest.split('/').find(|part| is_id(part)).map(head);
    if let Some((_, rest)) = key.split_once("/_layers/") {
        return digest_in(rest).map_or_else(short_rest, |id| format!("link {id}"));
    }
    if let Some((_, rest)) = key.split_once("/_manifests/revisions/") {
        return digest_in(rest).map_or_else(short_rest, |id| format!("manifest {id}"));
    }
    if let Some((_, rest)) = key.split_once("/_manifests/tags/") {
        let tag = rest.split('/').next().unwrap_or_default();
        let index = if rest.contains("/index/") { " index" } else { "" };
        return clean(&format!("tag {tag}{index}"));
    }
    if let Some((_, rest)) = key.split_once("/v2/blobs/") {
        return digest_in(rest).map_or_else(short_rest, |id| format!("blob-data {id}"));
    }
    short_rest()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    const HEX: &str = "4f2a1b0c4f2a1b0c4f2a1b0c4f2a1b0c4f2a1b0c4f2a1b0c4f2a1b0c4f2a1b0c";
    const UUID: &str = "9ac3d1f0-0000-4000-8000-000000000001";

    #[test]
    fn client_calls_keep_what_tells_them_apart() {
        for (uri, shown) in [
            (
                format!("http://registry.test/v2/lab/app/blobs/uploads/{UUID}?_state={}", "x".repeat(90)),
                "/v2/lab/app/blobs/uploads/9ac3",
            ),
            (
                format!("http://registry.test/v2/lab/app/tags/list?last={}", "x".repeat(90)),
                "/v2/lab/app/tags/list?last=xxxx...",
            ),
            (format!("http://registry.test/v2/lab/app/blobs/sha256:{HEX}"), "/v2/lab/app/blobs/sha256:4f2a"),
            (
                format!("/v2/lab/app/blobs/uploads/{UUID}?digest=sha256%3A{HEX}"),
                "/v2/lab/app/blobs/uploads/9ac3?digest=sha256:4f2a",
            ),
            ("http://registry.test".to_owned(), "/"),
        ] {
            assert_eq!(of_client_call(&sample::front("GET", &uri, 200)), shown);
        }
    }

    #[test]
    fn storage_calls_are_named_by_the_layout() {
        let repo = "docker/registry/v2/repositories/lab/app";
        for (operation, key, query, shown) in [
            ("PutObject", format!("{repo}/_uploads/{UUID}/startedat"), "", "startedat"),
            ("CreateMultipartUpload", format!("{repo}/_uploads/{UUID}/data"), "?uploads", "upload-data?uploads"),
            (
                "UploadPart",
                format!("{repo}/_uploads/{UUID}/data"),
                "?partNumber=2&uploadId=abc",
                "upload-data?partNumber=2",
            ),
            (
                "ListMultipartUploads",
                format!("{repo}/_uploads/{UUID}/data"),
                "?uploads&prefix=x",
                "?uploads&prefix=upload-data",
            ),
            ("GetObject", format!("{repo}/_layers/sha256/{HEX}/link"), "", "link 4f2a"),
            ("GetObject", format!("docker/registry/v2/blobs/sha256/4f/{HEX}/data"), "", "blob-data 4f2a"),
            ("PutObject", format!("{repo}/_manifests/tags/1/current/link"), "", "tag 1"),
            (
                "ListObjectsV2",
                format!("{repo}/_uploads/{UUID}/"),
                "?list-type=2&prefix=y",
                "?list-type=2&prefix=uploads 9ac3",
            ),
        ] {
            assert_eq!(of_storage_call(&sample::back(operation, &key, query, 200)), shown);
        }
    }
}
