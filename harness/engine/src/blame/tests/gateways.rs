//! Situations at a gateway before the registry: its two sides are in the trace where they differ.

use shakedown_reports::Party::{Client, Gateway, Registry};

use super::calls::{BLOB, Calls, UPLOAD, failed};
use super::table;

const OUTSIDE: &str = "http://gateway.test";

/// The client's call to the gateway.
fn outer(method: &str, path: &str, status: u16) -> Calls {
    Calls::default().add("client", "gateway", method, &format!("{OUTSIDE}{path}"), status, None)
}

/// What the gateway made of it.
fn inner(calls: Calls, method: &str, path: &str, status: u16) -> Calls {
    calls.add("gateway", "registry", method, &format!("http://registry.test{path}"), status, Some(0))
}

#[test]
fn what_the_gateway_changed_is_the_gateways() {
    let status = |actual: &str| failed("status", "200", actual, Some(0));
    let changed = ("gateway-changed-the-exchange", Gateway, None);
    let same_host = |calls: Calls| calls.sent_header("host", "gateway.test");
    table(vec![
        ("E03", outer("PUT", UPLOAD, 413).note("answered itself: a body is over the limit"), status("413"), changed),
        (
            "E08",
            inner(outer("POST", "/v2/lab/app/blobs/uploads/", 404), "POST", "/v2/lab/app/blobs/uploads", 404),
            status("404"),
            changed,
        ),
        ("C02", same_host(inner(outer("HEAD", BLOB, 403), "GET", BLOB, 403)), status("403"), changed),
        (
            "D02",
            same_host(inner(outer("PATCH", UPLOAD, 404), "PATCH", "/v2/lab/app/blobs/uploads/9ac3", 404)),
            status("404"),
            changed,
        ),
        ("a page for an answer", same_host(inner(outer("GET", BLOB, 502), "GET", BLOB, 200)), status("502"), changed),
        (
            "E04: who is told to wait can wait",
            outer("PATCH", UPLOAD, 503).fault("answer", "answers 503"),
            status("503"),
            ("front-fault", Client, Some(Gateway)),
        ),
        (
            "what passed unchanged is the registry's",
            outer("GET", BLOB, 500),
            status("500"),
            ("registry-5xx", Registry, None),
        ),
    ]);
}

#[test]
fn a_location_that_leads_past_the_gateway_is_the_registrys() {
    let begun = |location: &str| outer("POST", "/v2/lab/app/blobs/uploads/", 202).header("location", location);
    let told = |calls: Calls, forwarded: bool| {
        let calls = inner(calls, "POST", "/v2/lab/app/blobs/uploads/", 202);
        if forwarded { calls.sent_header("x-forwarded-proto", "https") } else { calls }
    };
    let backend = "http://registry.test/v2/lab/app/blobs/uploads/9ac3?_state=x";
    let patch =
        |calls: Calls| calls.add("client", "s3", "PATCH", backend, 0, None).lost("connection refused by registry.test");
    let outcome = failed("outcome", "succeeds", "PATCH got no answer", Some(2));
    let rule = "location-leads-past-the-gateway";
    table(vec![
        ("E02", patch(told(begun(backend), true)), outcome.clone(), (rule, Registry, None)),
        ("E01", patch(told(begun(backend), false)), outcome, (rule, Registry, Some(Gateway))),
    ]);
}
