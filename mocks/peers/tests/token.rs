//! The token server as clients see it: both flows, users and rights, odd answers, faults, clocks.

use std::time::Duration;

use base64::Engine as _;
use http::{Method, header};
use serde_json::{Value, json};
use shakedown_faults::Fault;
use shakedown_peers::token::{Anonymous, Claims, ExpiresIn, Rights, TokenConfig, TokenField, TokenServer};
use shakedown_wire::{Body, Clock};

fn config() -> TokenConfig {
    let bob = Rights::parse(["repository:lab/**:pull"]).unwrap();
    TokenConfig::new("auth.test", "registry.test").user("ann", "ann:pw", Rights::all()).user("bob", "bob-pw", bob)
}

fn server(change: impl FnOnce(&mut TokenConfig)) -> TokenServer {
    let mut config = config();
    change(&mut config);
    TokenServer::new(config, &Clock::virtual_time(), 7)
}

async fn call(server: &TokenServer, method: Method, uri: &str, user: Option<&str>, form: &str) -> (u16, Value) {
    let mut request = http::Request::builder().method(method).uri(format!("http://auth.test{uri}"));
    if let Some(pair) = user {
        let pair = base64::engine::general_purpose::STANDARD.encode(pair);
        request = request.header(header::AUTHORIZATION, format!("Basic {pair}"));
    }
    let answer = server.party().send(request.body(Body::from(form.to_owned())).unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.into_body().collect(1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or(Value::String(String::from_utf8_lossy(&body).into_owned())))
}

async fn get(server: &TokenServer, query: &str, user: Option<&str>) -> (u16, Value) {
    call(server, Method::GET, &format!("/token?service=registry.test&{query}"), user, "").await
}

async fn post(server: &TokenServer, form: &str) -> (u16, Value) {
    call(server, Method::POST, "/token", None, form).await
}

fn claims(token: &Value) -> Claims {
    let payload = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn granted(token: &Value) -> Vec<String> {
    let access = claims(token).access;
    access.iter().map(|entry| format!("{}:{}:{}", entry.kind, entry.name, entry.actions.join(","))).collect()
}

#[tokio::test(start_paused = true)]
async fn docker_s_flow_gives_what_the_user_may() {
    let server = server(|_| {});
    let scopes = "scope=repository:lab/app:pull,push&scope=repository:other/x:pull%20registry:catalog:*";
    let (status, answer) = get(&server, scopes, Some("ann:ann:pw")).await;
    assert_eq!(status, 200);
    assert_eq!(answer["token"], answer["access_token"]);
    assert_eq!((&answer["expires_in"], &answer["issued_at"]), (&json!(300), &json!("2026-01-01T00:00:00Z")));
    assert_eq!(
        granted(&answer["token"]),
        ["repository:lab/app:pull,push", "repository:other/x:pull", "registry:catalog:*"]
    );
    let (_, answer) = get(&server, scopes, Some("bob:bob-pw")).await;
    assert_eq!(granted(&answer["token"]), ["repository:lab/app:pull"]);
    assert_eq!(claims(&answer["token"]).sub, "bob");
    for user in [None, Some("ann:wrong"), Some("eve:ann:pw"), Some(""), Some("ann")] {
        assert_eq!(get(&server, scopes, user).await.0, 401, "{user:?}");
    }
    assert_eq!(get(&server, "scope=nonsense", Some("bob:bob-pw")).await.0, 400);
    let other = call(&server, Method::GET, "/token?service=other.test", Some("bob:bob-pw"), "").await;
    assert_eq!(other.0, 400);
    assert_eq!(call(&server, Method::PUT, "/token", None, "").await.0, 405);
    assert_eq!(call(&server, Method::GET, "/", None, "").await.0, 404);
}

#[tokio::test(start_paused = true)]
async fn oauth_s_flow_knows_passwords_and_refresh_tokens() {
    let server = server(|_| {});
    let form = "service=registry.test&client_id=x&scope=repository:lab/app:pull,push";
    let password = format!("{form}&grant_type=password&username=ann&password=ann%3Apw&access_type=offline");
    let (status, answer) = post(&server, &password).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer.get("token"), None);
    assert_eq!(answer["scope"], "repository:lab/app:pull,push");
    let refresh = answer["refresh_token"].as_str().unwrap();
    let (status, answer) = post(&server, &format!("{form}&grant_type=refresh_token&refresh_token={refresh}")).await;
    assert_eq!((status, claims(&answer["access_token"]).sub.as_str()), (200, "ann"));
    assert_eq!(answer.get("refresh_token"), None);
    let (_, offline) = get(&server, "offline_token=true", Some("ann:ann:pw")).await;
    assert_eq!(offline["refresh_token"], refresh);
    for (form, error) in [
        ("grant_type=password&username=ann&password=x", "invalid_grant"),
        ("grant_type=refresh_token&refresh_token=x", "invalid_grant"),
        ("grant_type=client_credentials", "unsupported_grant_type"),
        ("", "invalid_request"),
        ("grant_type=password&username=bob&password=bob-pw&scope=x", "invalid_scope"),
        ("grant_type=password&username=bob&password=bob-pw&service=x", "invalid_scope"),
    ] {
        let (status, answer) = post(&server, form).await;
        assert_eq!((status, answer["error"].as_str().unwrap()), (400, error), "{form}");
    }
    assert_eq!(post(&server, &"x".repeat(70_000)).await.1["error"], "invalid_request");
}

#[tokio::test(start_paused = true)]
async fn answers_differ_as_they_do_in_the_field() {
    let fields = async |change: fn(&mut TokenConfig)| {
        let (_, answer) = get(&server(change), "", Some("ann:ann:pw")).await;
        answer.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(fields(|_| {}).await, "token access_token expires_in issued_at");
    assert_eq!(fields(|config| config.field = TokenField::AccessToken).await, "access_token expires_in issued_at");
    assert_eq!(fields(|config| config.field = TokenField::Token).await, "token expires_in issued_at");
    assert_eq!(fields(|config| config.expires_in = ExpiresIn::Missing).await, "token access_token issued_at");
    let server = server(|config| {
        config.anonymous = Anonymous::Rights(Rights::parse(["repository:**:pull"]).unwrap());
        config.last_scope_only = true;
        config.expires_in = ExpiresIn::Says(Duration::from_secs(9));
    });
    let (status, answer) = get(&server, "scope=repository:a:pull,push&scope=repository:b:pull", None).await;
    assert_eq!((status, &answer["expires_in"]), (200, &json!(9)));
    assert_eq!(granted(&answer["token"]), ["repository:b:pull"]);
}

#[tokio::test(start_paused = true)]
async fn dates_are_the_server_s_own() {
    let server = server(|config| {
        config.skew_ms = 120_000;
        config.valid_after = Duration::from_secs(30);
        config.lifetime = Duration::from_secs(60);
    });
    tokio::time::advance(Duration::from_secs(5)).await;
    let (_, answer) = get(&server, "", Some("bob:bob-pw")).await;
    let claims = claims(&answer["token"]);
    let now = 1_767_225_600 + 5 + 120;
    assert_eq!((claims.iat, claims.nbf, claims.exp), (now, now + 30, now + 60));
}

#[tokio::test(start_paused = true)]
async fn faults_strike_it_as_they_strike_any_party() {
    let server = server(|_| {});
    let faults: Vec<Fault> = serde_json::from_value(json!([
        { "on": "token", "when": { "nth": 1 }, "effect": { "answer": { "status": 200, "body": "html" } } },
        { "on": "token", "when": { "nth": 2 }, "effect": { "answer": { "status": 429, "headers": { "retry-after": "7" } } } },
        { "on": "token", "when": { "after-event": "provider-dies", "header": { "authorization": "*" } },
          "effect": { "answer": { "status": 401, "body": { "json": { "errors": [] } } } } },
    ]))
    .unwrap();
    server.injector().replace(faults, 1);
    let ask = async || get(&server, "", Some("bob:bob-pw")).await;
    let (status, page) = ask().await;
    assert!(status == 200 && page.as_str().is_some_and(|page| page.contains("<html")), "{page}");
    assert_eq!(ask().await.0, 429);
    assert_eq!(ask().await.0, 200);
    server.injector().event("provider-dies");
    assert_eq!(ask().await.0, 401);
}

#[tokio::test(start_paused = true)]
async fn keys_are_public_and_the_same_for_the_same_seed() {
    let first = server(|_| {});
    let (status, keys) = call(&first, Method::GET, "/jwks", None, "").await;
    assert_eq!(status, 200);
    assert_eq!(keys, serde_json::from_str::<Value>(&first.jwks()).unwrap());
    assert_eq!(keys["keys"][0]["kty"], "EC");
    assert_eq!(first.jwks(), server(|_| {}).jwks());
    assert!(!format!("{first:?}").contains("bob-pw"), "{first:?}");
}
