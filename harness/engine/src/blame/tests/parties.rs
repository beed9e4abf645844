//! Situations in which storage behaved, or is not asked at all: redirects, clients, the registry alone, what is left.

use shakedown_reports::Party::{Client, Gateway, Registry, Storage, Unknown};

use super::calls::{BLOB, Calls, failed, link_key, upload_key};
use super::{commit, head, patch, table};

#[test]
fn redirects_and_clients() {
    let redirect = |status| Calls::default().front("HEAD", BLOB, 307).redirected(0, "HEAD", status);
    let outcome = |at| failed("outcome", "succeeds", "HEAD answered 403", Some(at));
    table(vec![
        ("C01", redirect(403), outcome(1), ("redirect-refused", Registry, Some(Storage))),
        (
            "C01 seen at the first call",
            redirect(403),
            failed("status", "200", "403", Some(0)),
            ("redirect-refused", Registry, Some(Storage)),
        ),
        (
            "C03",
            redirect(403).s3_error("SignatureDoesNotMatch").header("server", "nginx"),
            outcome(1),
            ("redirect-refused", Registry, Some(Gateway)),
        ),
        (
            "C04",
            redirect(0).lost("cannot resolve s3.internal"),
            outcome(1),
            ("redirect-refused", Registry, Some(Storage)),
        ),
        ("C06", redirect(400).sent_header("Authorization", "***"), outcome(1), ("client-error", Client, None)),
        (
            "a client that breaks off",
            patch(400).cut_after(7),
            failed("status", "202", "400", Some(0)),
            ("client-error", Client, None),
        ),
        (
            "a fault at the registry's front",
            patch(0).lost("the connection was reset").fault("reset", "resets the connection"),
            failed("answer", "a whole answer", "the connection was reset", Some(0)),
            ("front-fault", Gateway, None),
        ),
        (
            "a client that does not come back when it is told to",
            patch(503).fault("slow-down", "answers 503 SlowDown"),
            failed("status", "202", "503", Some(0)),
            ("front-fault", Client, Some(Gateway)),
        ),
    ]);
}

#[test]
fn the_registry_alone() {
    let good = |status| head(status).back(0, "GetObject", &link_key(), 200);
    table(vec![
        ("5xx", good(500), failed("status", "200", "500", Some(0)), ("registry-5xx", Registry, None)),
        ("wrong status", good(404), failed("status", "200", "404", Some(0)), ("registry-wrong-answer", Registry, None)),
        (
            "a 5xx that none may be",
            good(502),
            failed("no-answer", "none with 5xx", "502", Some(0)),
            ("registry-5xx", Registry, None),
        ),
        (
            "a broken connection",
            good(0).front("GET", "/v2/", 0).lost("the connection was reset"),
            failed("answer", "a whole answer", "reset", Some(2)),
            ("registry-connection-lost", Registry, None),
        ),
        (
            "a missing header",
            good(200),
            failed("header Docker-Content-Digest", "present", "absent", Some(0)),
            ("protocol-violation", Registry, None),
        ),
        (
            "acknowledged and missing",
            commit(201).back(0, "PutObject", &link_key(), 200),
            failed("acknowledged-is-readable", "all", "no data", Some(0)),
            ("acknowledged-is-missing", Registry, None),
        ),
        (
            "a tag without its blobs",
            commit(201).back(0, "PutObject", &link_key(), 200),
            failed("every-tag-resolves", "whole", "no data", None),
            ("acknowledged-is-missing", Registry, None),
        ),
    ]);
}

#[test]
fn what_is_left_and_what_is_late() {
    let good = |status| head(status).back(0, "GetObject", &link_key(), 200);
    table(vec![
        (
            "garbage",
            commit(201),
            failed("no-leaked-bytes", "nothing", "1 object", None),
            ("garbage-left", Registry, None),
        ),
        (
            "garbage that storage did not let go",
            commit(500).back(0, "AbortMultipartUpload", &upload_key("data"), 403),
            failed("no-orphan-uploads", "none", "1 open", None),
            ("garbage-left", Storage, None),
        ),
        (
            "only late, and wrong for a reason of its own",
            good(404).fault("delay", "waits 4s"),
            failed("status", "200", "404", Some(0)),
            ("registry-wrong-answer", Registry, None),
        ),
        (
            "A02 as a whole step",
            patch(202).took(5_000_000).back(0, "ListMultipartUploads", &upload_key("data"), 200).took(4_900_000),
            failed("time", "within 1s", "5s", None),
            ("storage-slow", Registry, Some(Storage)),
        ),
        (
            "slow storage",
            head(200).took(5_000_000).back(0, "GetObject", &link_key(), 200).took(4_900_000),
            failed("time", "within 1s", "5s", Some(0)),
            ("storage-slow", Storage, None),
        ),
        (
            "A02 slow listing in the way",
            patch(202).took(5_000_000).back(0, "ListMultipartUploads", &upload_key("data"), 200).took(4_900_000),
            failed("time", "within 1s", "5s", Some(0)),
            ("storage-slow", Registry, Some(Storage)),
        ),
    ]);
}

#[test]
fn where_the_storage_is_not_seen_what_it_may_have_done_is_nobodys() {
    let blamed = |calls: super::Calls, status: &str, log: &[String]| {
        let check = failed("status", "200", status, Some(0));
        let blame = super::decide(&calls.0, &[check], log, false).expect("a check failed");
        (blame.party, blame.why)
    };
    let (party, why) = blamed(head(500), "500", &[]);
    assert_eq!((party, why.contains("its storage is not seen here")), (Unknown, true), "{why}");
    let (party, why) = blamed(head(0).lost("the connection was reset"), "none", &[]);
    assert_eq!((party, why.contains("its storage is not seen here")), (Unknown, true), "{why}");
    assert_eq!(blamed(head(500), "500", &["panic: index out of range".to_owned()]).0, Registry);
    let (party, why) = blamed(head(307), "307", &[]);
    assert_eq!((party, why.contains("storage had answered well")), (Registry, false), "{why}");
}
