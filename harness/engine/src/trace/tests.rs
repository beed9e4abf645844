//! Each way of joining, parallel client calls included.

use shakedown_wire::{BodyRecord, Exchange, FaultNote, Lane, RequestRecord, ResponseRecord, S3Note, TraceId};

use super::*;

const ROOT: &str = "docker/registry/v2";

pub(super) fn exchange(from: &str, to: &str, method: &str, uri: &str, span: (u64, u64), status: u16) -> Exchange {
    let body = BodyRecord::default();
    Exchange {
        seq: 0,
        lane: Lane::new(from, to),
        trace: None,
        start_us: span.0,
        end_us: Some(span.1),
        request: RequestRecord { method: method.into(), uri: uri.into(), headers: vec![], body: body.clone() },
        response: Some(ResponseRecord { status, headers: vec![], body }),
        error: None,
        s3: None,
        faults: vec![],
        notes: vec![],
    }
}

fn front(method: &str, path: &str, span: (u64, u64)) -> Exchange {
    exchange("client", "registry", method, &format!("http://registry.test{path}"), span, 200)
}

fn back(operation: &str, key: &str, at: u64) -> Exchange {
    let mut call = exchange("registry", "s3", "GET", &format!("http://s3.test/lab/{key}"), (at, at + 1), 200);
    let (key_class, result) = (None, None);
    call.s3 = Some(S3Note { operation: operation.into(), bucket: "lab".into(), key: key.into(), key_class, result });
    call
}

fn traced(id: u64, call: Exchange) -> Exchange {
    Exchange { trace: Some(TraceId(id)), ..call }
}

fn answered(headers: &[(&str, &str)], mut call: Exchange) -> Exchange {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    call.response.as_mut().unwrap().headers = headers;
    call
}

/// `method key-or-path <- method path of the cause` per call.
fn told(trace: &Trace) -> Vec<String> {
    let name = |call: &Call| format!("{} {}", call.method, call.key.as_deref().unwrap_or_else(|| path_of(&call.uri)));
    let cause =
        |call: &Call| call.caused_by.map_or(String::new(), |cause| format!(" <- {}", name(&trace.calls[cause])));
    trace.calls.iter().map(|call| format!("{}{}", name(call), cause(call))).collect()
}

#[test]
fn trace_ids_decide_even_against_time_and_names() {
    let front =
        [traced(1, front("GET", "/v2/a/tags/list", (0, 100))), traced(2, front("GET", "/v2/b/tags/list", (10, 20)))];
    let key = format!("{ROOT}/repositories/b/_manifests/tags");
    let back = [
        traced(1, back("ListObjectsV2", &key, 15)),
        back("HeadBucket", "", 16),
        traced(9, back("GetObject", "setup", 17)),
        traced(2, back("ListObjectsV2", &key, 50)),
    ];
    let trace = join(&front, &back);
    assert_eq!(
        told(&trace),
        [
            "GET /v2/a/tags/list".to_owned(),
            "GET /v2/b/tags/list".to_owned(),
            format!("GET {key} <- GET /v2/a/tags/list"),
            "GET ".to_owned(),
            "GET setup".to_owned(),
            format!("GET {key} <- GET /v2/b/tags/list"),
        ]
    );
    assert_eq!(trace.call(TraceId(2)), Some(1));
    assert_eq!(trace.call(TraceId(9)), None);
}

#[test]
fn parallel_uploads_are_told_apart_by_their_ids() {
    let upload = |id: &str| format!("/v2/lab/app/blobs/uploads/{id}?_state=x");
    let key = |id: &str| format!("{ROOT}/repositories/lab/app/_uploads/{id}/data");
    let front = [
        front("PATCH", &upload("aaaa"), (0, 100)),
        front("PATCH", &upload("bbbb"), (5, 90)),
        front("GET", "/v2/", (6, 80)),
    ];
    let back = [
        back("UploadPart", &key("bbbb"), 10),
        back("UploadPart", &key("aaaa"), 11),
        back("UploadPart", &key("cccc"), 12),
    ];
    let told = told(&join(&front, &back));
    assert!(told[3].ends_with(&format!("<- PATCH {}", upload("bbbb"))), "{told:?}");
    assert!(told[4].ends_with(&format!("<- PATCH {}", upload("aaaa"))), "{told:?}");
    assert!(!told[5].contains("<-"), "a session that no open call names has no cause: {told:?}");
}

#[test]
fn the_session_of_a_post_is_named_by_its_answer() {
    let posts = ["aaaa", "bbbb"].map(|id| {
        let location = format!("http://registry.test/v2/lab/app/blobs/uploads/{id}?_state=x");
        answered(&[("Location", &location)], front("POST", "/v2/lab/app/blobs/uploads/", (0, 50)))
    });
    let back = ["bbbb", "aaaa"]
        .map(|id| back("PutObject", &format!("{ROOT}/repositories/lab/app/_uploads/{id}/startedat"), 10));
    let causes: Vec<_> = join(&posts, &back).calls.iter().map(|call| call.caused_by).collect();
    assert_eq!(causes, [None, None, Some(1), Some(0)]);
}

#[test]
fn parallel_reads_are_told_apart_by_digest_tag_and_repository() {
    let hex = |digit: &str| digit.repeat(64);
    let front = [
        front("HEAD", &format!("/v2/lab/app/blobs/sha256:{}", hex("a")), (0, 100)),
        front("HEAD", &format!("/v2/lab/app/blobs/sha256%3A{}", hex("b")), (0, 100)),
        front("GET", "/v2/lab/app/manifests/one", (1, 100)),
        front("GET", "/v2/lab/app/manifests/two", (2, 100)),
        front("GET", "/v2/lab/other/tags/list", (3, 100)),
    ];
    let repo = format!("{ROOT}/repositories/lab/app");
    let back = [
        back("GetObject", &format!("{repo}/_layers/sha256/{}/link", hex("b")), 10),
        back("GetObject", &format!("{ROOT}/blobs/sha256/aa/{}/data", hex("a")), 11),
        back("GetObject", &format!("{repo}/_manifests/tags/one/current/link"), 12),
        back("ListObjectsV2", &format!("{ROOT}/repositories/lab/other/_manifests/tags/"), 13),
        back("GetObject", &format!("{ROOT}/repositories/lab/third/_layers/sha256/{}/link", hex("c")), 14),
        back("GetObject", &format!("{repo}/_manifests/tags/one/current/link"), 200),
    ];
    let causes: Vec<_> = join(&front, &back).calls[5..].iter().map(|call| call.caused_by).collect();
    assert_eq!(causes, [Some(1), Some(0), Some(2), Some(4), None, None]);
}

#[test]
fn where_nothing_else_tells_the_innermost_open_call_is_the_cause() {
    let front = [front("GET", "/v2/", (0, 100)), front("GET", "/v2/", (10, 20)), front("GET", "/v2/", (30, 40))];
    let back = [back("HeadBucket", "", 15), back("HeadBucket", "", 25), back("HeadBucket", "", 35)];
    let causes: Vec<_> = join(&front, &back).calls.iter().map(|call| call.caused_by).collect();
    assert_eq!(causes, [None, None, Some(1), Some(0), None, Some(4)]);
}

#[test]
fn at_one_instant_causes_come_before_effects_and_each_side_keeps_its_order() {
    let front = [1, 2].map(|id| traced(id, front("GET", &format!("/v2/r{id}/tags/list"), (0, 0))));
    let back = [(1, "a"), (1, "b"), (2, "c"), (1, "d")].map(|(id, key)| traced(id, back("GetObject", key, 0)));
    let order: Vec<_> =
        join(&front, &back).calls.iter().map(|call| call.key.clone().unwrap_or_else(|| "client".into())).collect();
    assert_eq!(order, ["client", "a", "b", "client", "c", "d"]);
}

#[test]
fn a_followed_redirect_is_one_call_with_what_both_ends_know() {
    let uri = "http://s3.test/lab/blob?X-Amz-Signature=***";
    let redirect = answered(
        &[("location", uri)],
        exchange("client", "registry", "GET", "http://registry.test/v2/a/blobs/sha256:1", (0, 5), 307),
    );
    let followed = exchange("client", "s3", "GET", uri, (6, 9), 403);
    let mut seen = back("GetObject", "blob", 7);
    seen.faults = vec![FaultNote { rule: 0, effect: "answer".into(), summary: "answers 403".into(), nth: 0 }];
    let trace = join(&[redirect, followed], &[seen]);
    assert_eq!(trace.calls.len(), 2, "{:?}", told(&trace));
    let call = &trace.calls[1];
    assert_eq!((call.caused_by, call.operation.as_deref(), call.faults.len()), (Some(0), Some("GetObject"), 1));
    assert!(call.is_redirected());
}
