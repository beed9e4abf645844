//! The gateway of one world: where it stands, its faults, and what came in and went out of it.
//!
//! Both sides are recorded. What passed unchanged is one call of the trace, as if there were no gateway; where the two sides differ both
//! are kept, which proves that it was the gateway. Not here: what a gateway does (`shakedown-peers`).

use http::Uri;
use shakedown_faults::gateway::Before;
use shakedown_faults::{Fault, FaultSet, GatewaySettings, On};
use shakedown_inject::Injector;
use shakedown_peers::gateway::Gateway;
use shakedown_wire::{Clock, Exchange, Lane, Party, Recorder, S3Note};

use crate::content::derive;
use crate::trace::path_of;
use crate::view::ViewError;

/// Exchanges kept of one side of it.
const LIMIT: usize = 20_000;

/// A gateway and what is known of it.
#[derive(Debug, Clone)]
pub(crate) struct GatewayPart {
    settings: GatewaySettings,
    injector: Injector,
    recorder: Recorder,
    clock: Clock,
}

impl GatewayPart {
    /// Not standing anywhere yet.
    pub(crate) fn new(settings: &GatewaySettings, clock: &Clock) -> Self {
        Self {
            settings: settings.clone(),
            injector: Injector::new(FaultSet::new(Vec::new(), 0), On::Gateway, clock.clone()),
            recorder: Recorder::new(clock.clone(), LIMIT),
            clock: clock.clone(),
        }
    }

    /// What it stands before.
    pub(crate) fn before(&self) -> Before {
        self.settings.before
    }

    /// `https` if clients reach it so.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.settings.tls { "https" } else { "http" }
    }

    /// Keeps this text out of what is recorded.
    pub(crate) fn secret(&self, text: &str) {
        self.recorder.secret(text);
    }

    /// The party that stands before `upstream`. Before the registry its inner side is recorded here, its outer side by who calls it;
    /// before the storage it is the other way round: the store keeps a journal of its own.
    pub(crate) fn party(&self, upstream: &Uri, network: Party) -> Result<Party, ViewError> {
        let authority = upstream
            .authority()
            .cloned()
            .ok_or_else(|| ViewError { what: "the gateway".to_owned(), reason: format!("`{upstream}` has no host") })?;
        let network = match self.before() {
            Before::Registry => self.recorder.layer(Lane::new("gateway", "registry"), network),
            Before::Storage => network,
        };
        let gateway = Gateway::new(self.settings.clone(), vec![authority], network, self.clock.clone());
        let party = self.injector.layer(gateway.party());
        Ok(match self.before() {
            Before::Registry => party,
            Before::Storage => self.recorder.layer(Lane::new("registry", "gateway"), party),
        })
    }

    /// Other faults from now on.
    pub(crate) fn set_faults(&self, faults: &[Fault], seed: u64) {
        self.injector.replace(faults.to_vec(), derive(seed, &["gateway"]));
    }

    /// Reports a named event.
    pub(crate) fn event(&self, name: &str) {
        self.injector.event(name);
    }

    /// Forgets what was recorded.
    pub(crate) fn clear(&self) {
        self.recorder.clear();
    }

    /// What was recorded, in order.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.recorder.exchanges()
    }
}

/// Adds to `back` the side of the gateway (or forward proxy: its lane is `name`) that the other lists do not have, for each exchange that it
/// changed.
pub(crate) fn fold((name, before): (&str, Before), sides: Vec<Exchange>, front: &[Exchange], back: &mut Vec<Exchange>) {
    match before {
        Before::Registry => back.extend(sides.into_iter().filter(|inner| {
            let outer = front.iter().find(|call| call.lane.to == name && call.trace == inner.trace);
            outer.is_none_or(|outer| differ(outer, inner))
        })),
        Before::Storage => {
            let mut taken = vec![false; back.len()];
            let mut changed = Vec::new();
            for mut outer in sides {
                let twin = back.iter().enumerate().position(|(at, inner)| !taken[at] && is_inside(inner, &outer));
                let Some(at) = twin else {
                    outer.s3 = Some(guess(&outer)).filter(|_| !is_for_a_registry(&outer));
                    changed.push(outer);
                    continue;
                };
                taken[at] = true;
                if differ(&outer, &back[at]) {
                    back[at].lane.from = name.to_owned();
                    // Under what it was asked for; the answer is the gateway's.
                    let note = Some(S3Note { result: None, ..guess(&outer) });
                    outer.s3 = note.filter(|_| !is_for_a_registry(&outer));
                    changed.push(outer);
                }
            }
            back.extend(changed);
        }
    }
    back.sort_by_key(|call| (call.start_us, call.lane.from == name, call.seq));
}

/// True for a call to an upstream: the API of registries lies below `/v2/`, and buckets of ours have other names.
fn is_for_a_registry(call: &Exchange) -> bool {
    path_of(&call.request.uri).starts_with("/v2/")
}

/// True if `inner` can be what became of `outer`.
fn is_inside(inner: &Exchange, outer: &Exchange) -> bool {
    let bare = |call: &Exchange| {
        let path = path_of(&call.request.uri).split('?').next().unwrap_or_default();
        path.trim_end_matches('/').to_owned()
    };
    inner.trace == outer.trace
        && inner.start_us >= outer.start_us
        && outer.end_us.is_none_or(|end| inner.start_us <= end)
        && bare(inner) == bare(outer)
}

/// Whether the two sides of a gateway say different things.
pub(crate) fn differ(outer: &Exchange, inner: &Exchange) -> bool {
    /// Headers that mean the same on both sides of a proxy.
    const END_TO_END: &[&str] =
        &["content-type", "content-encoding", "content-range", "etag", "location", "docker-content-digest", "range"];
    let host = |call: &Exchange| {
        let said = header(&call.request.headers, "host");
        said.or_else(|| Some(authority_of(&call.request.uri).to_owned()))
            .map(|host| without_default_port(&host).to_owned())
    };
    let asked = outer.request.method != inner.request.method
        || path_of(&outer.request.uri) != path_of(&inner.request.uri)
        || host(outer) != host(inner)
        || outer.request.body.digest != inner.request.body.digest;
    let names_somebody = |call: &Exchange| header(&call.request.headers, "authorization").is_some();
    let asked = asked || names_somebody(outer) != names_somebody(inner) || !outer.faults.is_empty();
    let (Some(out), Some(own)) = (&outer.response, &inner.response) else {
        return asked
            || outer.error.is_some() != inner.error.is_some()
            || outer.response.is_some() != inner.response.is_some();
    };
    asked
        || out.status != own.status
        || out.body.digest != own.body.digest
        || END_TO_END.iter().any(|name| header(&out.headers, name) != header(&own.headers, name))
}

/// `host:port` of an absolute URI: what `Host` says where a client leaves it to its connection.
pub(crate) fn authority_of(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
}

fn without_default_port(host: &str) -> &str {
    host.strip_suffix(":80").or_else(|| host.strip_suffix(":443")).unwrap_or(host)
}

fn header(headers: &[(String, String)], name: &str) -> Option<String> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
}

/// What a request to a store asks for, read from the request alone: the store never saw it as it was.
fn guess(call: &Exchange) -> S3Note {
    let path = path_of(&call.request.uri);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let (bucket, key) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    let has = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let copies = header(&call.request.headers, "x-amz-copy-source").is_some();
    let operation = match (call.request.method.as_str(), key.is_empty()) {
        ("GET", true) if has("uploads") => "ListMultipartUploads",
        ("GET", true) if has("list-type") => "ListObjectsV2",
        ("GET", true) => "ListObjects",
        ("GET", false) if has("uploadId") => "ListParts",
        ("GET", false) => "GetObject",
        ("HEAD", true) => "HeadBucket",
        ("HEAD", false) => "HeadObject",
        ("PUT", _) if has("uploadId") && copies => "UploadPartCopy",
        ("PUT", _) if has("uploadId") => "UploadPart",
        ("PUT", _) if copies => "CopyObject",
        ("PUT", _) => "PutObject",
        ("POST", _) if has("uploads") => "CreateMultipartUpload",
        ("POST", _) if has("uploadId") => "CompleteMultipartUpload",
        ("POST", _) => "DeleteObjects",
        ("DELETE", _) if has("uploadId") => "AbortMultipartUpload",
        ("DELETE", _) => "DeleteObject",
        _ => "",
    };
    let class = shakedown_faults::KeyClass::of(key).name().to_owned();
    S3Note {
        operation: operation.to_owned(),
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        key_class: (!key.is_empty()).then_some(class),
        result: None,
    }
}

#[cfg(test)]
mod tests {
    use shakedown_wire::{BodyRecord, RequestRecord, ResponseRecord, TraceId};

    use super::*;

    fn exchange(from: &str, to: &str, uri: &str, at: u64, status: u16) -> Exchange {
        let body = BodyRecord::default();
        let headers = vec![("Host".to_owned(), authority_of(uri).to_owned())];
        Exchange {
            seq: 0,
            lane: Lane::new(from, to),
            trace: Some(TraceId(1)),
            start_us: at,
            end_us: Some(at + 10),
            request: RequestRecord { method: "GET".into(), uri: uri.into(), headers, body: body.clone() },
            response: Some(ResponseRecord { status, headers: vec![], body }),
            error: None,
            s3: None,
            faults: vec![],
            notes: vec![],
        }
    }

    fn lanes(calls: &[Exchange]) -> Vec<(&str, &str, Option<u16>)> {
        let status = |call: &Exchange| call.response.as_ref().map(|answer| answer.status);
        calls.iter().map(|call| (call.lane.from.as_str(), call.lane.to.as_str(), status(call))).collect()
    }

    #[test]
    fn what_passed_unchanged_is_one_call_what_was_changed_is_two() {
        let key = "http://s3.test/lab/a/_layers/sha256/ab/link";
        let side = |at, status| exchange("registry", "gateway", key, at, status);
        let store = |at: u64, status| exchange("registry", "s3", key, at + 1, status);
        let mut page = side(20, 404);
        page.response.as_mut().unwrap().body.digest = Some("sha256:page".into());
        let mut back = vec![store(0, 200), store(20, 404)];
        fold(("gateway", Before::Storage), vec![side(0, 200), page, side(40, 403)], &[], &mut back);
        let expected = [
            ("registry", "s3", Some(200)),
            ("registry", "gateway", Some(404)),
            ("gateway", "s3", Some(404)),
            ("registry", "gateway", Some(403)),
        ];
        assert_eq!(lanes(&back), expected);
        let note = back[3].s3.as_ref().unwrap();
        assert_eq!((note.operation.as_str(), note.key.as_str()), ("GetObject", "a/_layers/sha256/ab/link"));
        assert_eq!(note.key_class.as_deref(), Some("link"), "the store never saw it: it is read from the request");
    }

    #[test]
    fn before_the_registry_the_inner_side_is_kept_only_where_it_differs() {
        let outer = exchange("client", "gateway", "http://gateway.test/v2/", 0, 200);
        let mut same = exchange("gateway", "registry", "http://registry.test/v2/", 1, 200);
        same.request.headers = outer.request.headers.clone();
        let other = exchange("gateway", "registry", "http://registry.test/v2/", 1, 200);
        let mut back = Vec::new();
        fold(("gateway", Before::Registry), vec![same], std::slice::from_ref(&outer), &mut back);
        assert!(back.is_empty());
        fold(("gateway", Before::Registry), vec![other], &[outer], &mut back);
        assert_eq!(lanes(&back), [("gateway", "registry", Some(200))], "another Host was sent on");
    }
}
