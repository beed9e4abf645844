//! What must always hold is found, and does not abort.

use http::Method;
use shakedown_client::{Blob, CallPolicy, PushBlob, PushMode};
use shakedown_wire::Body;

use crate::fake::{Fake, client, repository};

async fn found(break_it: impl FnOnce(&Fake)) -> Vec<String> {
    let fake = Fake::default();
    break_it(&fake);
    let how = PushBlob { mode: PushMode::Chunked { size: 600 }, verify: true, ..PushBlob::default() };
    let blob = Blob::bytes("a/b", vec![1; 1000]);
    let outcome = client(&fake, CallPolicy::single()).push_blob(&repository(), &blob, &how).await;
    let mut shown: Vec<_> =
        outcome.findings.iter().map(|finding| finding.to_string().replace(blob.descriptor.digest.hex(), "D")).collect();
    assert!(outcome.findings.iter().all(|finding| finding.trace.is_none_or(|trace| outcome.traces.contains(&trace))));
    shown.push(outcome.result.map_or_else(|error| error.to_string(), |pushed| format!("{:?}", pushed.fate)));
    shown
}

#[tokio::test(start_paused = true)]
async fn every_broken_head_of_an_upload_is_found() {
    let mut shown = Vec::new();
    let breaks: [(&str, Method, &str, &str, Option<&str>); 10] = [
        ("202 of POST without Location", Method::POST, "/uploads/", "location", None),
        ("202 of PATCH without Location", Method::PATCH, "/uploads/", "location", None),
        ("202 of PATCH without Range", Method::PATCH, "/uploads/", "range", None),
        ("Range with a unit", Method::PATCH, "/uploads/", "range", Some("bytes=0-599")),
        ("Range off by one", Method::PATCH, "/uploads/", "range", Some("0-600")),
        ("Range of the chunk alone", Method::PATCH, "/uploads/", "range", Some("1-599")),
        ("201 without Location", Method::PUT, "/uploads/", "location", None),
        (
            "201 with another digest",
            Method::PUT,
            "/uploads/",
            "docker-content-digest",
            Some("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ),
        ("HEAD without digest", Method::HEAD, "/blobs/", "docker-content-digest", None),
        ("HEAD with length 0", Method::HEAD, "/blobs/", "content-length", Some("0")),
    ];
    for (title, method, path, name, value) in breaks {
        let (path, name): (&'static str, &'static str) = (path.to_owned().leak(), name.to_owned().leak());
        let value = value.map(|value| &*value.to_owned().leak());
        shown.push(title.to_owned());
        shown.extend(
            found(|fake| {
                fake.header(method, path, name, value);
            })
            .await
            .into_iter()
            .map(|line| format!("  {line}")),
        );
    }
    insta::assert_snapshot!(shown.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn error_bodies_are_judged() {
    let mut shown = Vec::new();
    for (status, content_type, body) in [
        (500, "application/json", r#"{"errors":[{"code":"UNKNOWN","message":"x","detail":{"DriverName":"s3aws"}}]}"#),
        (404, "text/html", "<html><head><title>404 Not Found</title></head><body>nginx</body></html>"),
        (400, "application/json", r#"{"error":"bad"}"#),
        (429, "application/json", r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down, please"}]}"#),
    ] {
        let answer = http::Response::builder()
            .status(status)
            .header("content-type", content_type)
            .body(Body::from(body))
            .unwrap();
        shown.extend(
            found(|fake| {
                fake.instead(Method::PATCH, "/uploads/", move || Ok(answer));
            })
            .await,
        );
    }
    insta::assert_snapshot!(shown.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn a_portal_that_says_200_to_everything_has_no_blobs() {
    let fake = Fake::default();
    let page = || Ok(http::Response::builder().header("content-type", "text/html").body(Body::from("<html>")).unwrap());
    fake.instead(Method::HEAD, "/blobs/", page);
    let how = PushBlob { head_first: true, ..PushBlob::default() };
    let outcome = client(&fake, CallPolicy::single()).push_blob(&repository(), &Blob::bytes("a/b", "x"), &how).await;
    assert_eq!(outcome.findings.iter().map(|finding| finding.rule).collect::<Vec<_>>(), ["EX2", "EX3"]);
    assert_eq!(outcome.unwrap().fate, shakedown_client::Fate::Uploaded);
}
