//! Raw calls: redirects, retries, trace ids, what is added to a request.

use std::time::Duration;

use http::{Method, Response};
use shakedown_client::{CallPolicy, ClientError, RetryPolicy};
use shakedown_wire::{Body, Party, Request, TraceId, WireError};

use crate::fake::{Fake, client, net, repository, status};

fn get(path: &str) -> Request {
    http::Request::get(path)
        .header("range", "bytes=5-")
        .header("authorization", "Bearer mine")
        .body(Body::empty())
        .unwrap()
}

fn redirect(code: u16, to: &'static str) -> Response<Body> {
    Response::builder().status(code).header("location", to).body(Body::empty()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn redirects_keep_the_range_and_lose_the_authorization() {
    let fake = Fake::default();
    let digest = fake.put_blob("hello world");
    fake.instead(Method::GET, "/start", || Ok(redirect(307, "http://store.test/key?X-Amz-Signature=s")));
    let net = net(&fake);
    let store = Fake::default();
    let path = format!("/v2/lab/app/blobs/{digest}");
    store.put_blob("hello world");
    let inner = store.party();
    net.listen(
        "store.test",
        Party::from_fn(move |mut request: Request| {
            let (inner, path) = (inner.clone(), path.clone());
            async move {
                assert!(!request.headers().contains_key("authorization"));
                *request.uri_mut() = format!("http://store.test{path}").parse().unwrap();
                inner.send(request).await
            }
        }),
    );
    let options = client(&fake, CallPolicy::single()).options().clone();
    let client = shakedown_client::Client::new(net.party(), options);
    let answer = client.call(get("/start")).await.unwrap();
    assert_eq!(answer.status(), 206);
    assert_eq!(answer.extensions().get::<TraceId>(), Some(&TraceId(2)));
    assert_eq!(answer.into_body().collect(100).await.unwrap(), " world");
    assert_eq!(fake.asked()[0].headers["authorization"], "Bearer mine");
}

#[tokio::test(start_paused = true)]
async fn a_raw_call_is_exactly_one_request() {
    let fake = Fake::default();
    fake.instead(Method::GET, "/x", || Ok(redirect(307, "/y")));
    let client = client(&fake, CallPolicy::patient());
    let answer = client.call_with(get("/x?a=b"), &CallPolicy::raw()).await.unwrap();
    assert_eq!((answer.status().as_u16(), fake.asked().len()), (307, 1));
    assert_eq!(fake.asked()[0].uri, "http://registry.test/x?a=b");
    fake.instead(Method::GET, "/x", || Ok(status(503)));
    assert_eq!(client.call_with(get("/x"), &CallPolicy::raw()).await.unwrap().status(), 503);
    assert_eq!(fake.asked()[1].headers["traceparent"], TraceId(2).to_header());
    assert_eq!(fake.asked()[1].headers["accept-encoding"], "identity");
}

#[tokio::test(start_paused = true)]
async fn redirects_end() {
    let fake = Fake::default();
    for _ in 0..11 {
        fake.instead(Method::GET, "/loop", || Ok(redirect(302, "/loop")));
    }
    let error = client(&fake, CallPolicy::single()).call(get("/loop")).await.unwrap_err();
    insta::assert_snapshot!(error, @"GET http://registry.test/loop: still redirected after 10 redirects");
    assert_eq!(fake.asked().len(), 11);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_for_and_capped() {
    let fake = Fake::default();
    let busy = |after: &'static str| {
        move || Ok(Response::builder().status(503).header("retry-after", after).body(Body::empty()).unwrap())
    };
    // 2026-01-01 00:00:00 is when virtual time begins.
    fake.instead(Method::GET, "/v2/", busy("7")).instead(Method::GET, "/v2/", busy("Thu, 01 Jan 2026 00:00:17 GMT"));
    fake.instead(Method::GET, "/v2/", busy("3600"));
    let client = client(&fake, CallPolicy::patient());
    let before = tokio::time::Instant::now();
    assert_eq!(client.ping().await.unwrap().status, 200);
    assert_eq!(before.elapsed(), Duration::from_secs(7 + 10 + 30));
}

#[tokio::test(start_paused = true)]
async fn only_what_can_be_repeated_is_repeated() {
    for (method, tries) in [(Method::GET, 3), (Method::DELETE, 3), (Method::PATCH, 1), (Method::POST, 1)] {
        let fake = Fake::default();
        for _ in 0..3 {
            fake.instead(method.clone(), "/x", || Err(WireError::Reset));
        }
        let policy = CallPolicy { retry: RetryPolicy::times(2), ..CallPolicy::single() };
        let request = http::Request::builder().method(method.clone()).uri("/x").body(Body::empty()).unwrap();
        let error = client(&fake, policy).call(request).await.unwrap_err();
        assert!(matches!(error, ClientError::Wire { error: WireError::Reset, .. }), "{error}");
        assert_eq!(fake.asked().len(), tries, "{method}");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_before_the_head_ends_in_a_timeout() {
    let party = Party::from_fn(|_| std::future::pending());
    let options = client(&Fake::default(), CallPolicy::single()).options().clone();
    let error = shakedown_client::Client::new(party, options).call(get("/x")).await.unwrap_err();
    assert!(matches!(error, ClientError::Wire { error: WireError::Timeout { .. }, .. }));
}

#[tokio::test(start_paused = true)]
async fn nobody_there_is_an_error_of_the_environment() {
    let fake = Fake::default();
    let network = net(&fake);
    let options = client(&fake, CallPolicy::single()).options().clone();
    network.close("registry.test");
    let outcome = shakedown_client::Client::new(network.party(), options).ping().await;
    let error = outcome.result.unwrap_err();
    assert!(error.is_unreachable());
    assert_eq!(error.trace(), Some(TraceId(1)));
}

#[tokio::test(start_paused = true)]
async fn a_prefix_of_the_base_is_kept_and_warnings_are_told_once() {
    let fake = Fake::default();
    let warn = || Ok(Response::builder().header("warning", "299 - \"going away\"").body(Body::empty()).unwrap());
    fake.instead(Method::GET, "/hub/v2/", warn);
    let base = client(&fake, CallPolicy::single());
    let options = shakedown_client::ClientOptions {
        base: "http://registry.test/hub/".parse().unwrap(),
        ..base.options().clone()
    };
    let outcome = shakedown_client::Client::new(net(&fake).party(), options).ping().await;
    assert_eq!(outcome.warnings, ["going away"]);
    assert_eq!(fake.asked()[0].uri, "http://registry.test/hub/v2/");
    assert_eq!(base.head_blob(&repository(), &shakedown_oci::Digest::of(b"")).await.unwrap(), None);
}

#[test]
fn calls_can_be_spawned() {
    fn is_send<T: Send>(_: &T) {}
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _guard = runtime.enter();
    let client = client(&Fake::default(), CallPolicy::single());
    let image = shakedown_client::ImageSpec::of_sizes([]).build(1);
    is_send(&client.push_image(&repository(), &"1".parse().unwrap(), &image, &Default::default()));
    is_send(&client.pull_image(&repository(), &"1".parse().unwrap(), &Default::default(), None));
    is_send(&client.call(get("/")));
}
