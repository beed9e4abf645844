//! Challenges: Basic, tokens, their life time, and servers that do not give any.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Method, Response};
use shakedown_client::{CallPolicy, Client, ClientError, ClientOptions, Credentials, PushMode, Secret};
use shakedown_wire::{Body, Clock, MemoryNet, Party, Request};

use crate::fake::{Fake, repository};

/// A registry behind tokens: the token server gives `t1`, `t2`, ...; only the newest is accepted.
#[derive(Clone, Default)]
struct Guard {
    issued: Arc<Mutex<Vec<String>>>,
    fake: Fake,
}

impl Guard {
    fn net(
        &self,
        token_server: impl Fn(&Guard, Request) -> Response<Body> + Clone + Send + Sync + 'static,
    ) -> MemoryNet {
        let net = MemoryNet::new();
        let (guard, inner) = (self.clone(), self.fake.party());
        net.listen(
            "registry.test",
            Party::from_fn(move |request: Request| {
                let (guard, inner) = (guard.clone(), inner.clone());
                async move { if guard.admits(&request) { inner.send(request).await } else { Ok(challenge()) } }
            }),
        );
        let guard = self.clone();
        net.listen(
            "auth.test",
            Party::from_fn(move |request: Request| {
                let answer = token_server(&guard, request);
                async move { Ok(answer) }
            }),
        );
        net
    }

    fn admits(&self, request: &Request) -> bool {
        let newest = format!("Bearer t{}", self.issued.lock().unwrap().len());
        request.headers().get("authorization").is_some_and(|value| value == newest.as_str())
    }

    fn issue(&self, request: &Request) -> Response<Body> {
        let mut issued = self.issued.lock().unwrap();
        let authorization = request.headers().get("authorization").map_or("-", |value| value.to_str().unwrap());
        issued.push(format!("{} {authorization}", request.uri()));
        Response::new(format!(r#"{{"token":"t{}","expires_in":100}}"#, issued.len()).into())
    }
}

fn challenge() -> Response<Body> {
    let value = r#"Bearer realm="http://auth.test/token",service="reg",scope="repository:lab/app:pull,push""#;
    Response::builder().status(401).header("www-authenticate", value).body(Body::empty()).unwrap()
}

fn client(net: &MemoryNet, credentials: Credentials) -> Client {
    let options = ClientOptions {
        credentials,
        ..ClientOptions::new("http://registry.test".parse().unwrap(), Clock::virtual_time())
    };
    Client::new(net.party(), options)
}

fn ann() -> Credentials {
    Credentials::Basic { username: "ann".into(), password: Secret::new("pw") }
}

#[tokio::test(start_paused = true)]
async fn a_token_is_asked_for_once_and_again_when_it_is_old() {
    let guard = Guard::default();
    let client = client(&guard.net(|guard, request| guard.issue(&request)), ann());
    let blob = shakedown_client::Blob::bytes("a/b", "x");
    let how = shakedown_client::PushBlob { mode: PushMode::Streamed, ..Default::default() };
    let outcome = client.push_blob(&repository(), &blob, &how).await;
    // POST 401, token, POST, PATCH, PUT.
    assert_eq!(outcome.traces.len(), 5);
    outcome.unwrap();
    let asked = "http://auth.test/token?service=reg&scope=repository:lab/app:pull,push Basic YW5uOnB3";
    assert_eq!(*guard.issued.lock().unwrap(), [asked]);
    tokio::time::advance(Duration::from_secs(91)).await;
    // Nine tenths of its life are over: no 401 is needed to know.
    let outcome = client.start_upload(&repository()).await;
    assert_eq!(outcome.traces.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_dies_in_the_middle_is_replaced_once() {
    let guard = Guard::default();
    let client = client(&guard.net(|guard, request| guard.issue(&request)), Credentials::Anonymous);
    let upload = client.start_upload(&repository()).await.unwrap();
    guard.issued.lock().unwrap().push("revoked".into());
    let status = client.cancel_upload(&upload.location).await;
    assert_eq!(status.traces.len(), 3);
    status.unwrap();
    assert!(guard.issued.lock().unwrap()[2].ends_with(" -"));
}

#[tokio::test(start_paused = true)]
async fn parallel_calls_share_one_token() {
    let guard = Guard::default();
    let client = client(&guard.net(|guard, request| guard.issue(&request)), ann());
    let repository = repository();
    let calls: Vec<_> = (0..8).map(|_| client.start_upload(&repository)).collect();
    for outcome in futures_util::future::join_all(calls).await {
        outcome.unwrap();
    }
    assert_eq!(guard.issued.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn broken_token_servers_are_named() {
    let answers: [(u16, &str); 5] = [
        (500, "<html><title>Oops</title>"),
        (200, "<html><title>Login</title>"),
        (200, r#"{"token":""}"#),
        (401, r#"{"errors":[{"code":"UNAUTHORIZED","message":"wrong password"}]}"#),
        (200, r#"{"access_token":"t0"}"#),
    ];
    let mut shown = Vec::new();
    for (status, body) in answers {
        let net = Guard::default().net(move |_, _| Response::builder().status(status).body(Body::from(body)).unwrap());
        let outcome = client(&net, ann()).start_upload(&repository()).await;
        shown.push(outcome.result.map_or_else(|error| error.to_string(), |_| "t0 is the right one".to_owned()));
    }
    insta::assert_snapshot!(shown.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn basic_is_sent_when_asked_for_and_to_nobody_else() {
    let fake = Fake::default();
    let basic =
        || Response::builder().status(401).header("www-authenticate", "Basic realm=\"x\"").body(Body::empty()).unwrap();
    fake.instead(Method::GET, "/v2/", move || Ok(basic()));
    let net = crate::fake::net(&fake);
    let answer = client(&net, ann()).ping().await;
    assert_eq!(answer.unwrap().status, 200);
    assert_eq!(fake.asked()[1].headers["authorization"], "Basic YW5uOnB3");
    fake.instead(Method::GET, "/v2/", move || Ok(basic()));
    assert_eq!(client(&net, Credentials::Anonymous).ping().await.unwrap().status, 401);
    // A 401 of another origin is not answered: it has no right to the credentials.
    let other = Fake::default();
    other.instead(Method::GET, "/x", move || Ok(basic()));
    net.listen("other.test", other.party());
    let request = http::Request::get("http://other.test/x").body(Body::empty()).unwrap();
    assert_eq!(client(&net, ann()).call(request).await.unwrap().status(), 401);
    assert!(!other.asked()[0].headers.contains_key("authorization"));
}

#[tokio::test(start_paused = true)]
async fn a_401_without_a_challenge_is_found_and_no_secret_is_shown() {
    let fake = Fake::default();
    fake.instead(Method::POST, "/uploads/", || Ok(crate::fake::error(401, "UNAUTHORIZED")));
    let client = Client::new(
        crate::fake::net(&fake).party(),
        ClientOptions {
            policy: CallPolicy::single(),
            ..client(&crate::fake::net(&fake), Credentials::Token(Secret::new("s3cret"))).options().clone()
        },
    );
    let outcome = client.start_upload(&repository()).await;
    assert_eq!(outcome.findings.len(), 1);
    assert_eq!(outcome.status(), Some(401));
    assert_eq!(fake.asked()[0].headers["authorization"], "Bearer s3cret");
    assert!(!format!("{outcome:?} {client:?}").contains("s3cret"));
}

#[tokio::test(start_paused = true)]
async fn an_identity_token_is_posted() {
    let guard = Guard::default();
    let net = guard.net(|guard, request| {
        assert_eq!(request.method(), Method::POST);
        assert!(request.uri().query().is_none());
        guard.issue(&request)
    });
    client(&net, Credentials::Identity(Secret::new("id"))).start_upload(&repository()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_realm_that_leads_nowhere_is_an_error_of_its_own() {
    let guard = Guard::default();
    let net = guard.net(|guard, request| guard.issue(&request));
    net.close("auth.test");
    let error = client(&net, ann()).start_upload(&repository()).await.result.unwrap_err();
    assert!(matches!(&error, ClientError::Wire { at, .. } if at.uri.starts_with("http://auth.test/token")), "{error}");
}
