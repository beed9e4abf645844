//! The Swift as its clients see it: tokens, bodies that are not what was said, segments that are listed late.

use std::time::Duration;

use http::Method;
use shakedown_peers::swift::{Swift, SwiftConfig};
use shakedown_wire::{Body, Clock, MemoryNet, Response};

struct Client {
    net: MemoryNet,
    token: String,
}

async fn send(net: &MemoryNet, method: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Response {
    let mut request = http::Request::builder().method(method).uri(format!("http://swift.test{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    net.party().send(request.body(body).unwrap()).await.unwrap()
}

fn header(answer: &Response, name: &str) -> String {
    answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

async fn login(net: &MemoryNet) -> String {
    let answer =
        send(net, "GET", "/auth/v1.0", &[("x-auth-user", "lab:tester"), ("x-auth-key", "testing")], Body::empty())
            .await;
    assert_eq!(
        (answer.status().as_u16(), header(&answer, "x-storage-url").as_str()),
        (200, "http://swift.test/v1/AUTH_lab")
    );
    header(&answer, "x-storage-token")
}

impl Client {
    async fn new(change: impl FnOnce(&mut SwiftConfig)) -> (Self, Swift) {
        let mut config = SwiftConfig::default();
        change(&mut config);
        let swift = Swift::new(config, &Clock::virtual_time(), 7);
        let net = MemoryNet::new();
        net.listen("swift.test", swift.party());
        let token = login(&net).await;
        (Self { net, token }, swift)
    }

    async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Body) -> (u16, String) {
        let headers: Vec<_> = headers.iter().copied().chain([("x-auth-token", self.token.as_str())]).collect();
        let answer = send(&self.net, method.as_str(), &format!("/v1/AUTH_lab{path}"), &headers, body).await;
        let status = answer.status().as_u16();
        (status, String::from_utf8(answer.into_body().collect(1 << 20).await.unwrap().to_vec()).unwrap())
    }

    async fn put(&self, path: &str, headers: &[(&str, &str)], body: &'static str) -> u16 {
        self.call(Method::PUT, path, headers, body.into()).await.0
    }

    async fn get(&self, path: &str) -> (u16, String) {
        self.call(Method::GET, path, &[], Body::empty()).await
    }
}

#[tokio::test(start_paused = true)]
async fn objects_are_put_read_listed_and_deleted() {
    let (client, _) = Client::new(|_| {}).await;
    assert_eq!(client.put("/new", &[], "").await, 201);
    assert_eq!(client.put("/new", &[], "").await, 202);
    assert_eq!(client.put("/new/a", &[("etag", "900150983cd24fb0d6963f7d28e17f72")], "abc").await, 201);
    assert_eq!(client.put("/new/a", &[("etag", "900150983cd24fb0d6963f7d28e17f72")], "abd").await, 422);
    assert_eq!(client.put("/none/a", &[], "abc").await, 404);
    assert_eq!(client.put("/new/b/c", &[], "x").await, 201);
    assert_eq!(client.get("/new/a").await, (200, "abc".to_owned()));
    assert_eq!(client.get("/new?prefix=b%2F").await, (200, "b/c\n".to_owned()));
    assert_eq!(client.get("/new?marker=a&limit=1").await, (200, "b/c\n".to_owned()));
    assert_eq!(client.get("/new?limit=0").await.0, 204);
    assert_eq!(client.call(Method::HEAD, "/new/a", &[], Body::empty()).await, (200, String::new()));
    assert_eq!(client.call(Method::DELETE, "/new/a", &[], Body::empty()).await.0, 204);
    assert_eq!(client.get("/new/a").await.0, 404);
    assert_eq!(client.call(Method::POST, "/new", &[], Body::empty()).await.0, 405);
}

#[tokio::test(start_paused = true)]
async fn tokens_end_by_age_and_by_revocation() {
    let (mut client, swift) = Client::new(|config| config.token_life = Duration::from_secs(60)).await;
    assert_eq!(client.put("/lab/a", &[], "abc").await, 201);
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(client.put("/lab/a", &[], "abc").await, 401);
    client.token = login(&client.net).await;
    assert_eq!(client.put("/lab/a", &[], "abc").await, 201);
    swift.revoke_tokens();
    assert_eq!(client.put("/lab/a", &[], "abc").await, 401);
    let wrong = [("x-auth-user", "lab:tester"), ("x-auth-key", "guess")];
    assert_eq!(send(&client.net, "GET", "/auth/v1.0", &wrong, Body::empty()).await.status(), 401);
    assert!(!format!("{swift:?}").contains("testing"));
}

#[tokio::test(start_paused = true)]
async fn a_spent_body_is_400_where_its_length_was_said_and_an_empty_object_where_not() {
    let (client, _) = Client::new(|_| {}).await;
    assert_eq!(client.put("/lab/a", &[("content-length", "20")], "").await, 400);
    assert_eq!(client.get("/lab/a").await.0, 404);
    let chunked = Body::stream(futures_util::stream::empty());
    assert_eq!(client.call(Method::PUT, "/lab/a", &[], chunked).await.0, 201);
    assert_eq!(client.get("/lab/a").await, (200, String::new()));
}

#[tokio::test(start_paused = true)]
async fn a_large_object_is_what_the_listing_shows_of_it() {
    let (client, _) = Client::new(|config| config.listed_after = Duration::from_secs(3)).await;
    assert_eq!(client.put("/lab/big/1", &[], "one ").await, 201);
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(client.put("/lab/big/2", &[], "two").await, 201);
    assert_eq!(client.put("/lab/large", &[("x-object-manifest", "lab/big/")], "").await, 201);
    assert_eq!(client.put("/lab/large", &[("x-object-manifest", "lab")], "").await, 400);
    assert_eq!(client.get("/lab/large").await, (200, String::new()));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(client.get("/lab/large").await, (200, "one ".to_owned()));
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(client.get("/lab/large").await, (200, "one two".to_owned()));
}
