//! The control interface, both ends in memory.

mod common;

use std::time::Duration;

use common::{BUCKET, Client, client};
use http::Method;
use serde_json::json;
use shakedown_faults::Fault;
use shakedown_s3::Credential;
use shakedown_s3::control::{ControlClient, ControlError, control_party};
use shakedown_wire::{Body, Request};

fn control(s3: &Client) -> ControlClient {
    ControlClient::new(control_party(&s3.mock), "http://control.test/")
}

fn fault(value: serde_json::Value) -> Fault {
    serde_json::from_value(value).unwrap()
}

fn refused(error: ControlError) -> (u16, String) {
    match error {
        ControlError::Refused { status, message, .. } => (status, message),
        other => panic!("{other}"),
    }
}

#[tokio::test(start_paused = true)]
async fn faults_travel_and_strike() {
    let s3 = client();
    let control = control(&s3);
    let slow = fault(json!({ "on": "s3", "when": { "operation": "GetObject" }, "effect": { "status": 500 } }));
    control.set_faults(std::slice::from_ref(&slow), 3).await.unwrap();
    let late = json!({ "on": "s3", "when": { "after-event": "go now" }, "effect": { "delay": "2s" } });
    assert_eq!(control.add_fault(&fault(late)).await.unwrap(), 1);
    s3.put("/lab/a", "x").await;
    assert_eq!(s3.get("/lab/a").await.status, 500);
    control.event("go now").await.unwrap();
    s3.head("/lab/a").await;
    let list = control.faults().await.unwrap();
    assert_eq!((list.faults.len(), list.fired, &list.faults[0]), (2, vec![1, 1], &slow));
    control.clear_faults().await.unwrap();
    assert_eq!(s3.get("/lab/a").await.status, 200);
    let foreign = fault(json!({ "on": "registry", "effect": { "status": 500 } }));
    let (status, message) = refused(control.add_fault(&foreign).await.unwrap_err());
    assert_eq!((status, message.contains("on: s3")), (400, true), "{message}");
    let wrong = fault(json!({ "on": "s3", "effect": { "page": { "size": 0 } } }));
    assert_eq!(refused(control.set_faults(&[wrong], 0).await.unwrap_err()).0, 400);
}

#[tokio::test(start_paused = true)]
async fn the_journal_travels_in_pages() {
    let s3 = client();
    let control = control(&s3);
    for n in 0..5 {
        s3.put(&format!("/lab/{n}"), "x").await;
    }
    assert_eq!(control.exchanges(0).await.unwrap(), s3.mock.recorder().exchanges());
    let page = control.journal(3).await.unwrap();
    assert_eq!((page.exchanges.len(), page.next, page.more, page.dropped), (2, 5, false, 0));
    let request = http::Request::get("http://control.test/journal?since=1&limit=2").body(Body::empty()).unwrap();
    let answer = control_party(&s3.mock).send(request).await.unwrap();
    let page: shakedown_s3::control::Journal =
        serde_json::from_slice(&answer.into_body().collect(1 << 20).await.unwrap()).unwrap();
    assert_eq!((page.exchanges.len(), page.next, page.more), (2, 3, true));
    control.clear_journal().await.unwrap();
    assert!(control.exchanges(0).await.unwrap().is_empty());
    s3.put("/lab/later", "x").await;
    assert_eq!(control.journal(0).await.unwrap().exchanges[0].seq, 5);
}

#[tokio::test(start_paused = true)]
async fn objects_uploads_and_buckets() {
    let s3 = client();
    let control = control(&s3);
    let key = "a b/\u{e9}?&#%";
    let made = control.put(BUCKET, key, "hello").await.unwrap();
    assert_eq!((made.size, made.etag.as_str()), (5, "5d41402abc4b2a76b9719d911017c592"));
    assert_eq!(control.objects(BUCKET, "a b").await.unwrap(), [made]);
    control.corrupt(BUCKET, key, 1).await.unwrap();
    control.truncate(BUCKET, key, 3).await.unwrap();
    let bytes = control.read(BUCKET, key).await.unwrap().collect(100).await.unwrap();
    assert_eq!(bytes[..], [b'h', !b'e', b'l']);
    assert!(control.delete(BUCKET, key).await.unwrap());
    assert!(!control.delete(BUCKET, key).await.unwrap());
    let id = control.seed_upload(BUCKET, "k", "part".into()).await.unwrap();
    let uploads = control.uploads(BUCKET).await.unwrap();
    assert_eq!((uploads[0].upload_id.as_str(), uploads[0].foreign, uploads[0].parts[0].size), (id.as_str(), true, 4));
    control.create_bucket("other").await.unwrap();
    assert_eq!(s3.get("/other?list-type=2").await.status, 200);
    control.remove_bucket("other").await.unwrap();
    assert_eq!(s3.get("/other?list-type=2").await.status, 404);
    control.reset(&[BUCKET.to_owned(), "new".to_owned()]).await.unwrap();
    assert!(control.uploads(BUCKET).await.unwrap().is_empty());
    assert!(control.objects("new", "").await.unwrap().is_empty());
    assert_eq!(refused(control.objects("gone", "").await.unwrap_err()).0, 404);
    assert_eq!(refused(control.read(BUCKET, "gone").await.map(drop).unwrap_err()).0, 404);
    assert_eq!(refused(control.create_bucket("X").await.unwrap_err()).0, 400);
}

#[tokio::test(start_paused = true)]
async fn credentials_configuration_and_time() {
    let s3 = client();
    let control = control(&s3);
    control.set_credentials(&[Credential::new("OTHER", "other-secret")]).await.unwrap();
    assert_eq!(s3.get("/lab?list-type=2").await.error(), (403, "InvalidAccessKeyId"));
    let other = Client { credential: Credential::new("OTHER", "other-secret"), ..s3.clone() };
    assert_eq!(other.get("/lab?list-type=2").await.status, 200);
    let shown = control.config().await.unwrap();
    assert!(!serde_json::to_string(&shown).unwrap().contains("secret"));
    assert_eq!(shown["clock-skew-limit"], "15m");
    control.change_config(&json!({ "complete-idempotent": false, "limits": { "min-part": 1 } })).await.unwrap();
    let config = s3.mock.config();
    assert_eq!((config.complete_idempotent, config.limits.min_part, config.limits.max_keys), (false, 1, 1000));
    assert_eq!(config.credentials[0].access_key, "OTHER");
    for bad in [json!({ "credentials": [] }), json!({ "unknown": 1 }), json!({ "limits": { "min-part": "x" } })] {
        assert_eq!(refused(control.change_config(&bad).await.unwrap_err()).0, 400, "{bad}");
    }
    tokio::time::advance(Duration::from_secs(5)).await;
    let time = control.time().await.unwrap();
    assert_eq!((time.unix_us, time.elapsed_us), (1_767_225_605_000_000, 5_000_000));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_understood_is_said() {
    let s3 = client();
    let party = control_party(&s3.mock);
    let send = async |method: Method, target: &str, body: &str| {
        let request: Request = http::Request::builder()
            .method(method)
            .uri(format!("http://c.test{target}"))
            .body(body.to_owned().into())
            .unwrap();
        let answer = party.send(request).await.unwrap();
        let status = answer.status().as_u16();
        (status, String::from_utf8(answer.into_body().collect(1 << 20).await.unwrap().to_vec()).unwrap())
    };
    for (method, target, body, want) in [
        (Method::GET, "/nothing", "", 404),
        (Method::POST, "/journal", "", 405),
        (Method::PUT, "/faults", "{", 400),
        (Method::PUT, "/faults", "[{\"on\":\"s3\",\"effect\":\"no-such\"}]", 400),
        (Method::PUT, "/faults?seed=x", "[]", 400),
        (Method::GET, "/objects", "", 400),
        (Method::GET, "/journal?since=-1", "", 400),
        (Method::GET, "/objects/lab/%ff", "", 400),
        (Method::POST, "/reset", "{\"bucket\":[]}", 400),
    ] {
        let (status, text) = send(method.clone(), target, body).await;
        assert_eq!(status, want, "{method} {target}: {text}");
        assert!(text.starts_with("{\"error\":\""), "{text}");
    }
    let (status, text) = send(Method::PUT, "/faults", &" ".repeat(5 << 20)).await;
    assert_eq!((status, text.contains("limit")), (400, true), "{text}");
    let (_, text) = send(Method::POST, "/nothing", "").await;
    assert_eq!(text, "{\"error\":\"there is no `POST /nothing` here: `GET /` lists what there is\"}");
    let elsewhere = ControlClient::new(s3.mock.party(), "http://s3.test").about().await.unwrap_err();
    let want =
        "http://s3.test is not a control interface of shakedown (GET /: status 403 Forbidden without a JSON error)";
    assert_eq!(elsewhere.to_string(), want);
}

#[tokio::test(start_paused = true)]
async fn every_request_that_is_listed_is_understood() {
    let s3 = client();
    let about = control(&s3).about().await.unwrap();
    assert_eq!(about.name, "shakedown-s3");
    for line in &about.requests {
        let (method, target) = line.split_once(' ').unwrap();
        let target = target.replace("/B", "/lab").replace("=B", "=lab");
        let uri = format!("http://control.test{target}");
        let request = http::Request::builder().method(method).uri(uri).body(Body::empty()).unwrap();
        let answer = control_party(&s3.mock).send(request).await.unwrap();
        let body = answer.into_body().collect(1 << 20).await.unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("there is no `"), "{line}");
    }
}
