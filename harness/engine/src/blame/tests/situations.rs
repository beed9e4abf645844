//! Situations on the storage side: what it answers, and what the registry makes of it.

use shakedown_reports::Party::{Gateway, Registry, Storage, Unknown};

use super::calls::{BLOB, COMMIT, Calls, UPLOAD, blob_key, failed, link_key, upload_key};
use super::{commit, head, patch, table};

#[test]
fn nobody_there() {
    let dead = "connection refused by 10.0.0.7:5000";
    table(vec![
        (
            "dead registry",
            head(0).lost(dead),
            failed("answer", "a whole answer", dead, Some(0)),
            ("target-unreachable", Unknown, None),
        ),
        (
            "dead storage",
            head(500).back(0, "GetObject", &link_key(), 200).lost(dead),
            failed("status", "404", "500", Some(0)),
            ("storage-unreachable", Storage, None),
        ),
    ]);
}

#[test]
fn errors_that_are_not_s3s() {
    let status = || failed("status", "404", "500", Some(0));
    let link = |status| head(500).back(0, "GetObject", &link_key(), status);
    let registry = |by| ("storage-error-is-not-xml", Registry, Some(by));
    table(vec![
        ("B01 HTML 404 of a gateway", link(404).html("openresty/1.15.8.2"), status(), registry(Gateway)),
        ("B02 empty body", link(404).body(""), status(), registry(Storage)),
        ("B02 JSON", link(404).body("{\"error\":\"x\"}"), status(), registry(Storage)),
        ("B02 XML without a code", link(404).body("<?xml?><Error></Error>"), status(), registry(Storage)),
        (
            "B01 as HEAD",
            head(500).back(0, "HeadObject", &blob_key(), 404).header("content-type", "text/html"),
            status(),
            registry(Storage),
        ),
        (
            "B02 NoSuchBucket taken for an absent blob",
            head(404).back(0, "GetObject", &link_key(), 404).s3_error("NoSuchBucket"),
            failed("status", "5xx", "404", Some(0)),
            ("storage-configuration", Registry, None),
        ),
        (
            "B13 whatever storage did",
            link(403),
            failed("body of the 500", "nothing of the store's inside", "s3aws", Some(0)),
            ("error-answer-violation", Registry, None),
        ),
        ("a true S3 404", link(404), status(), ("registry-5xx", Registry, None)),
    ]);
}

#[test]
fn successes_that_are_none() {
    let gone = || failed("status", "200", "404", Some(1));
    let provoked = ("storage-success-is-none", Registry, Some(Storage));
    let copied = |calls: Calls| calls.front("HEAD", BLOB, 404).back(2, "GetObject", &link_key(), 404);
    table(vec![
        (
            "A14 copy answered with HTML",
            commit(201).back(0, "CopyObject", &blob_key(), 200).body("<html>").fault("not-applied", "does nothing"),
            failed("acknowledged-is-readable", "all", "no data", Some(0)),
            provoked,
        ),
        (
            "A14 seen by the next HEAD",
            copied(commit(201).back(0, "CopyObject", &blob_key(), 200).body("<html>")),
            failed("status", "200", "404", Some(2)),
            provoked,
        ),
        (
            "A10 Complete with an error in its 200",
            commit(201).back(0, "CompleteMultipartUpload", &upload_key("data"), 200).s3_error("InternalError"),
            failed("acknowledged-is-readable", "all", "no data", Some(0)),
            ("storage-success-is-none", Registry, None),
        ),
        (
            "B06 a listing that is HTML taken for an empty one",
            head(404).back(0, "ListObjectsV2", &blob_key(), 200).html("nginx"),
            failed("status", "5xx", "404", Some(0)),
            ("storage-success-is-none", Registry, Some(Gateway)),
        ),
        (
            "B09 half a listing taken for a whole one",
            head(404).back(0, "ListObjectsV2", &blob_key(), 200).body("<ListBucketResult><Cont"),
            failed("status", "5xx", "404", Some(0)),
            provoked,
        ),
        (
            "B07 a panic after a create that is HTML",
            Calls::default()
                .front("POST", "/v2/lab/app/blobs/uploads/", 0)
                .lost("the connection was closed before an answer")
                .back(0, "CreateMultipartUpload", &upload_key("data"), 200)
                .body("<html>login</html>"),
            failed("status", "5xx", "no answer", Some(0)),
            provoked,
        ),
        (
            "B08 an honest 5xx where success was wanted",
            head(500).back(0, "GetObject", &link_key(), 200).html("nginx"),
            failed("status", "200", "500", Some(0)),
            ("storage-success-is-none", Gateway, None),
        ),
        (
            "A15 a link acknowledged and not stored",
            commit(201)
                .back(0, "PutObject", &link_key(), 200)
                .fault("not-applied", "answers as if it had been done, and does nothing")
                .front("HEAD", BLOB, 404)
                .back(2, "GetObject", &link_key(), 404),
            failed("status", "200", "404", Some(2)),
            ("storage-lied", Registry, Some(Storage)),
        ),
        (
            "no fault, no symptom",
            commit(201).front("HEAD", BLOB, 404),
            gone(),
            ("registry-wrong-answer", Registry, None),
        ),
    ]);
}

#[test]
fn what_is_seen_late() {
    let data = upload_key("data");
    let hidden = |calls: Calls| calls.fault("visible-after", "shows it in upload listings only after 2.2s");
    let late = ("storage-listed-late", Registry, Some(Storage));
    let created = || {
        Calls::default().front("POST", "/v2/lab/app/blobs/uploads/", 202).back(0, "CreateMultipartUpload", &data, 200)
    };
    let status = || failed("status", "202", "500", Some(2));
    table(vec![
        (
            "A01",
            hidden(created()).front("PATCH", UPLOAD, 500).back(2, "ListMultipartUploads", &data, 200).note("0 uploads"),
            status(),
            late,
        ),
        (
            "A01 as a push",
            hidden(created()).front("PATCH", UPLOAD, 500).back(2, "ListMultipartUploads", &data, 200).note("0 uploads"),
            failed("outcome", "succeeds", "PATCH answered 500", Some(2)),
            late,
        ),
        (
            "A01 on a real store, where no fault tells",
            created()
                .front("PATCH", UPLOAD, 500)
                .back(2, "ListMultipartUploads", &data, 200)
                .body("<ListMultipartUploadsResult></ListMultipartUploadsResult>"),
            status(),
            late,
        ),
        (
            "A09",
            commit(201)
                .back(0, "PutObject", &link_key(), 200)
                .fault("visible-after", "shows it in object listings only after 2s")
                .front("HEAD", BLOB, 404)
                .back(2, "ListObjectsV2", &link_key(), 200)
                .note("0 objects"),
            failed("status", "200", "404", Some(2)),
            late,
        ),
        (
            "A02: a page from before",
            created()
                .front("PATCH", UPLOAD, 500)
                .back(2, "ListMultipartUploads", &data, 200)
                .fault("all", "lists what there was when the request arrived; then waits 2250ms before it answers"),
            status(),
            late,
        ),
        (
            "A23: what a clean-up removed is not late",
            commit(201)
                .back(0, "PutObject", &upload_key("startedat"), 200)
                .back(0, "DeleteObjects", "", 200)
                .front("PUT", COMMIT, 404)
                .back(3, "GetObject", &upload_key("startedat"), 404),
            failed("status", "201", "404", Some(3)),
            ("registry-wrong-answer", Registry, None),
        ),
        (
            "an object that is never seen",
            commit(201)
                .back(0, "PutObject", &link_key(), 200)
                .fault("visible-after", "never shows it in reads")
                .front("HEAD", BLOB, 404)
                .back(2, "GetObject", &link_key(), 404),
            failed("status", "200", "404", Some(2)),
            ("storage-listed-late", Storage, None),
        ),
    ]);
}

#[test]
fn pages() {
    let data = upload_key("data");
    let listed = |effect, summary| patch(500).back(0, "ListMultipartUploads", &data, 200).fault(effect, summary);
    let status = || failed("status", "202", "500", Some(0));
    table(vec![
        (
            "A04",
            listed("page", "lists the same first page for ever"),
            status(),
            ("storage-page-wrong", Registry, Some(Storage)),
        ),
        (
            "A05",
            listed("page", "lists nothing").note("0 uploads"),
            status(),
            ("storage-page-wrong", Registry, Some(Storage)),
        ),
        (
            "A03",
            listed("foreign-uploads", "lists 1000 foreign uploads first"),
            status(),
            ("storage-page-wrong", Registry, None),
        ),
        ("A17", listed("page", "lists in pages of 2"), status(), ("storage-page-wrong", Registry, None)),
        (
            "A04 among others' uploads",
            listed("all", "lists 1000 foreign uploads first; then lists the same first page for ever"),
            status(),
            ("storage-page-wrong", Registry, Some(Storage)),
        ),
        (
            "A05 on a store that cannot list",
            patch(500).back(0, "ListMultipartUploads", &data, 501).s3_error("NotImplemented"),
            status(),
            ("storage-rule-broken", Registry, None),
        ),
        (
            "A06, seen by what is left",
            listed("foreign-upload", "holds a foreign upload of the same key, listed first"),
            failed("no-orphan-uploads", "none", "1 open", None),
            ("storage-page-wrong", Registry, None),
        ),
        (
            "A04 as a count of calls",
            listed("page", "lists the same first page for ever"),
            failed("storage calls: ListMultipartUploads", "at most 20", "4000", None),
            ("request-budget", Registry, Some(Storage)),
        ),
        (
            "a count of calls that nothing provokes",
            head(200).back(0, "GetObject", &link_key(), 200),
            failed("storage calls: GetObject", "exactly 0", "1", None),
            ("request-budget", Registry, None),
        ),
    ]);
}

#[test]
fn lost_writes() {
    let part = |status| patch(202).back(0, "UploadPart", &upload_key("data"), status);
    let later = |calls: Calls| {
        let at = calls.0.len();
        calls.front("PUT", COMMIT, 404).back(at, "HeadObject", &upload_key("startedat"), 200)
    };
    let status = |at| failed("status", "201", "404", Some(at));
    let acknowledged = ("registry-acknowledged-failed-write", Registry, None);
    table(vec![
        ("A08 refused", later(part(403)), status(2), acknowledged),
        ("A08 throttled", later(part(503).back(0, "UploadPart", &upload_key("data"), 503)), status(3), acknowledged),
        (
            "A08 reset",
            later(part(0).lost("the connection was reset").fault("reset", "resets")),
            status(2),
            acknowledged,
        ),
        (
            "A08 without an ETag",
            later(part(200).header("x-amz-request-id", "1")),
            status(2),
            ("storage-success-is-none", Registry, Some(Storage)),
        ),
        (
            "a part that was sent again is no lost part",
            later(part(503).back(0, "UploadPart", &upload_key("data"), 200)),
            status(3),
            ("registry-wrong-answer", Registry, None),
        ),
        (
            "a Complete whose reply was lost, but whose object stands, is no lost write",
            commit(201).back(0, "CompleteMultipartUpload", &upload_key("data"), 404).s3_error("NoSuchUpload").back(
                0,
                "HeadObject",
                &upload_key("data"),
                200,
            ),
            failed("acknowledged-is-readable", "all", "no link", Some(0)),
            ("acknowledged-is-missing", Registry, None),
        ),
    ]);
}

#[test]
fn refusals() {
    let link = |front, status| head(front).back(0, "GetObject", &link_key(), status);
    let wanted = |expected, actual| failed("status", expected, actual, Some(0));
    table(vec![
        ("B03 hidden behind a 404", link(404, 403), wanted("5xx", "404"), ("storage-refused", Registry, None)),
        ("B03 where success is wanted", link(500, 403), wanted("200", "500"), ("storage-refused", Storage, None)),
        ("B04 a page of a WAF", link(500, 403).html("nginx"), wanted("200", "500"), ("storage-refused", Gateway, None)),
        (
            "B10 taken for an absent blob",
            link(404, 403).s3_error("RequestTimeTooSkewed"),
            wanted("5xx", "404"),
            ("storage-configuration", Registry, None),
        ),
        (
            "B11: tokens run out, and it was not tried again",
            link(500, 400).s3_error("ExpiredToken"),
            wanted("200", "500"),
            ("storage-configuration", Registry, None),
        ),
        (
            "B11 with every token",
            link(500, 400).s3_error("ExpiredToken").back(0, "GetObject", &link_key(), 400).s3_error("ExpiredToken"),
            wanted("200", "500"),
            ("storage-configuration", Storage, None),
        ),
    ]);
}

#[test]
fn patience_and_what_a_registry_may_not_do() {
    let link = |front, status| head(front).back(0, "GetObject", &link_key(), status);
    let wanted = |expected, actual| failed("status", expected, actual, Some(0));
    let thrice = |front| link(front, 503).back(0, "GetObject", &link_key(), 503).back(0, "GetObject", &link_key(), 503);
    table(vec![
        ("B05 given up after one try", link(500, 503), wanted("200", "500"), ("storage-throttled", Registry, None)),
        (
            "B05 for good, answered 500 where 503 is due",
            thrice(500),
            wanted("503", "500"),
            ("storage-throttled", Registry, None),
        ),
        (
            "B05 for good, where success is wanted",
            thrice(503),
            wanted("200", "503"),
            ("storage-throttled", Storage, None),
        ),
        (
            "a broken connection, tried once",
            link(500, 0).lost("the connection was reset").fault("reset", "resets"),
            wanted("200", "500"),
            ("storage-connection-lost", Registry, None),
        ),
        (
            "A11",
            commit(500)
                .back(0, "CompleteMultipartUpload", &upload_key("data"), 503)
                .fault("lost-reply", "applies, but answers 503"),
            wanted("201", "500"),
            ("storage-connection-lost", Registry, None),
        ),
        (
            "A12",
            commit(500).back(0, "CompleteMultipartUpload", &upload_key("data"), 400).s3_error("MalformedXML"),
            wanted("201", "500"),
            ("storage-rule-broken", Registry, None),
        ),
        (
            "A16",
            commit(500).back(0, "PutObject", &link_key(), 200).back(0, "DeleteObjects", "", 403),
            wanted("201", "500"),
            ("cleanup-failed-the-request", Registry, None),
        ),
        (
            "a fault of no special kind",
            link(500, 200).fault("header", "answers without x"),
            wanted("200", "500"),
            ("fault-not-survived", Registry, Some(Storage)),
        ),
    ]);
}
