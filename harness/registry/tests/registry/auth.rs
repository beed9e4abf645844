//! Passwords and tokens: what is accepted, and everything that is not.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{Method, StatusCode};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};
use shakedown_peers::token::{Algorithm, Rights, TokenConfig, TokenServer};
use shakedown_registry::{AuthConfig, BasicConfig, BearerConfig, KeySet};
use shakedown_wire::{Body, Clock};

use crate::support::{Lab, Reply};

pub const SERVICE: &str = "registry.test";
pub const ISSUER: &str = "auth.test";
/// 2026-01-01T00:00:00Z, where virtual time begins.
const NOW: i64 = 1_767_225_600;

/// A token server with this algorithm and seed.
pub fn server(algorithm: Algorithm, seed: u64) -> TokenServer {
    let config = TokenConfig { algorithm, ..TokenConfig::new(ISSUER, SERVICE) };
    TokenServer::new(config.user("ann", "pw", Rights::all()), &Clock::virtual_time(), seed)
}

/// A registry that believes `server`.
pub fn lab(server: &TokenServer) -> Lab {
    let keys = KeySet::from_json(&server.jwks()).unwrap();
    let bearer = BearerConfig::new("http://auth.test/token", SERVICE, ISSUER, keys);
    Lab::with(|config| config.auth = AuthConfig::Bearer(bearer))
}

/// Claims of a good token.
pub fn claims(access: &Value) -> Value {
    json!({ "iss": ISSUER, "sub": "ann", "aud": SERVICE, "exp": NOW + 300, "nbf": NOW, "iat": NOW, "access": access })
}

fn pull() -> Value {
    json!([{ "type": "repository", "name": "lab/app", "actions": ["pull"] }])
}

fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut claims = claims(&pull());
    change(&mut claims);
    claims
}

async fn tags(lab: &Lab, authorization: &str) -> Reply {
    lab.call(Method::GET, "/v2/lab/app/tags/list", &[("authorization", authorization)], Body::empty()).await
}

/// 401 with this error, and nothing was looked at.
async fn refused(what: &str, lab: &Lab, token: &str, why: &str) {
    let before = lab.requests();
    let reply = tags(lab, &format!("Bearer {token}")).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{what}");
    assert_eq!(reply.code(), "UNAUTHORIZED", "{what}");
    let challenge = reply.header("www-authenticate");
    assert!(challenge.contains("error=\"invalid_token\"") && challenge.contains("lab/app:pull"), "{what}: {challenge}");
    let message = reply.json()["errors"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains(why), "{what}: {message}");
    assert_eq!(lab.requests(), before, "{what}: the storage was asked");
}

async fn accepted(lab: &Lab, token: &str) -> bool {
    // There is no such repository: whoever gets that far was let in.
    tags(lab, &format!("Bearer {token}")).await.status == StatusCode::NOT_FOUND
}

#[tokio::test(start_paused = true)]
async fn tokens_of_every_algorithm_are_believed() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256] {
        let server = server(algorithm, 1);
        let lab = lab(&server);
        let token = server.sign(&claims(&pull()));
        assert!(accepted(&lab, &token).await, "{algorithm:?}");
        let cut = token.rsplit_once('.').unwrap().0;
        refused("no signature", &lab, &format!("{cut}."), "signature is wrong").await;
        let other = self::server(algorithm, 2).sign(&claims(&pull()));
        refused("another key", &lab, &other, "no key that is trusted").await;
        // The payload of one token under the signature of another.
        let signature = server.sign(&claims(&json!([]))).rsplit_once('.').unwrap().1.to_owned();
        refused("another payload", &lab, &format!("{cut}.{signature}"), "signature is wrong").await;
    }
}

fn part(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

#[tokio::test(start_paused = true)]
async fn the_algorithm_is_never_the_token_s_choice() {
    let server = server(Algorithm::Rs256, 1);
    let lab = lab(&server);
    let jwks: Value = serde_json::from_str(&server.jwks()).unwrap();
    let kid = jwks["keys"][0]["kid"].as_str().unwrap();
    let payload = part(&claims(&pull()));
    for alg in ["none", "None", "NONE", "", "HS256", "RS384", "PS256", "ES256"] {
        let header = part(&json!({ "alg": alg, "typ": "JWT", "kid": kid }));
        for signature in ["", "AAAA"] {
            let token = format!("{header}.{payload}.{signature}");
            let reply = tags(&lab, &format!("Bearer {token}")).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{alg}");
        }
    }
    // The public key as the secret of an HMAC, in every form a library might take it for.
    let modulus = jwks["keys"][0]["n"].as_str().unwrap();
    let forms = [
        modulus.as_bytes().to_vec(),
        URL_SAFE_NO_PAD.decode(modulus).unwrap(),
        server.jwks().into_bytes(),
        jwks["keys"][0].to_string().into_bytes(),
    ];
    for secret in forms {
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(jsonwebtoken::Algorithm::HS256) };
        let token = encode(&header, &claims(&pull()), &EncodingKey::from_secret(&secret)).unwrap();
        refused("HMAC with the public key", &lab, &token, "no key that is trusted").await;
    }
}

#[tokio::test(start_paused = true)]
async fn claims_that_are_not_for_us_are_refused() {
    let server = server(Algorithm::Es256, 1);
    let lab = lab(&server);
    for (what, claims, why) in [
        ("another issuer", with(|claims| claims["iss"] = "evil.test".into()), "another issuer"),
        ("no issuer", with(|claims| drop(claims.as_object_mut().unwrap().remove("iss"))), "incomplete"),
        ("another audience", with(|claims| claims["aud"] = "other.test".into()), "another service"),
        ("other audiences", with(|claims| claims["aud"] = json!(["a", "b"])), "another service"),
        ("no audience", with(|claims| drop(claims.as_object_mut().unwrap().remove("aud"))), "incomplete"),
        ("no end", with(|claims| drop(claims.as_object_mut().unwrap().remove("exp"))), "incomplete"),
        ("an end that is a text", with(|claims| claims["exp"] = "tomorrow".into()), "claims are incomplete"),
        ("access that is a text", with(|claims| claims["access"] = "repository:lab/app:pull".into()), "incomplete"),
        ("expired", with(|claims| claims["exp"] = (NOW - 60).into()), "has expired"),
        ("long expired", with(|claims| claims["exp"] = 0.into()), "has expired"),
        ("before all time", with(|claims| claims["exp"] = (-1e300).into()), "incomplete"),
        ("not yet", with(|claims| claims["nbf"] = (NOW + 61).into()), "not valid yet"),
        (
            "too much",
            with(|claims| claims["access"] = vec![json!({ "type": "", "name": "" }); 257].into()),
            "more than 256",
        ),
    ] {
        refused(what, &lab, &server.sign(&claims), why).await;
    }
    for (what, claims) in [
        ("within the leeway", with(|claims| claims["exp"] = (NOW - 59).into())),
        ("within the leeway of the beginning", with(|claims| claims["nbf"] = (NOW + 60).into())),
        ("several audiences", with(|claims| claims["aud"] = json!(["other", SERVICE]))),
        ("a fraction of a second", with(|claims| claims["exp"] = (NOW as f64 + 0.5).into())),
        ("no beginning", with(|claims| drop(claims.as_object_mut().unwrap().remove("nbf")))),
    ] {
        assert!(accepted(&lab, &server.sign(&claims)).await, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn headers_that_are_not_for_us_are_refused() {
    let server = server(Algorithm::Es256, 1);
    let lab = lab(&server);
    let good = server.sign(&claims(&pull()));
    let (rest, signature) = good.rsplit_once('.').unwrap();
    let payload = rest.split_once('.').unwrap().1;
    let header = |json: Value| format!("{}.{payload}.{signature}", part(&json));
    refused("another kid", &lab, &header(json!({ "alg": "ES256", "kid": "other" })), "no key that is trusted").await;
    refused("a changed header", &lab, &header(json!({ "alg": "ES256" })), "signature is wrong").await;
    refused("an extension", &lab, &header(json!({ "alg": "ES256", "crit": ["x"], "x": 1 })), "not a signed JWT").await;
    // Keys that a token brings along are not looked at.
    let jwk = json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" });
    refused("its own key", &lab, &header(json!({ "alg": "ES256", "kid": "x", "jwk": jwk })), "no key").await;
    for junk in ["", ".", "..", "...", "a.b.c", "e30.e30.e30", "\u{e9}", "Bearer", "null"] {
        let reply = tags(&lab, &format!("Bearer {junk}")).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{junk:?}");
    }
    refused("a giant", &lab, &format!("{rest}{}.{signature}", "A".repeat(64 << 10)), "larger than").await;
}

#[tokio::test(start_paused = true)]
async fn a_token_dies_on_the_registry_s_clock() {
    let server = server(Algorithm::Es256, 1);
    let lab = lab(&server);
    let token = server.sign(&claims(&pull()));
    tokio::time::advance(Duration::from_secs(359)).await;
    assert!(accepted(&lab, &token).await);
    tokio::time::advance(Duration::from_secs(1)).await;
    refused("after its life and the leeway", &lab, &token, "has expired").await;
}

#[tokio::test(start_paused = true)]
async fn challenges_say_what_to_ask_for() {
    let server = server(Algorithm::Es256, 1);
    let lab = lab(&server);
    let digest = format!("sha256:{}", "0".repeat(64));
    let token = format!("Bearer {}", server.sign(&claims(&pull())));
    let mut shown = Vec::new();
    for (method, path) in [
        (Method::GET, "/v2/".to_owned()),
        (Method::GET, "/v2/_catalog".to_owned()),
        (Method::HEAD, "/v2/lab/app/manifests/1".to_owned()),
        (Method::PUT, "/v2/lab/app/manifests/1".to_owned()),
        (Method::DELETE, "/v2/lab/app/manifests/1".to_owned()),
        (Method::POST, format!("/v2/lab/app/blobs/uploads/?mount={digest}&from=lab/base")),
        (Method::POST, format!("/v2/lab/app/blobs/uploads/?mount={digest}&from=UPPER")),
    ] {
        for headers in [vec![], vec![("authorization", token.as_str())], vec![("authorization", "Basic YTpi")]] {
            let reply = lab.call(method.clone(), &path, &headers, Body::empty()).await;
            assert_eq!(reply.header("docker-distribution-api-version"), "registry/2.0");
            let path = path.replace(&digest, "...");
            shown.push(format!("{method} {path} {} {}", reply.status.as_u16(), reply.header("www-authenticate")));
        }
    }
    insta::assert_snapshot!(shown.join("\n"));
    assert_eq!(lab.get("/health").await.status, StatusCode::OK);
}

/// Ann, who may do everything, and Bob, who reads; passwords `pw:ann` and `pw:bob`.
pub fn htpasswd() -> BasicConfig {
    let hash = |password: &str| bcrypt::hash(password, 4).unwrap();
    let users = format!("ann:{}\nbob:{}\n", hash("pw:ann"), hash("pw:bob")).parse().unwrap();
    BasicConfig { readers: ["bob".to_owned()].into(), ..BasicConfig::new(users) }
}

pub fn basic(pair: &str) -> String {
    format!("basic {}", STANDARD.encode(pair))
}

#[tokio::test]
async fn passwords_open_and_readers_only_read() {
    let lab = Lab::with(|config| config.auth = AuthConfig::Basic(htpasswd()));
    let call = async |method: Method, pair: Option<&str>| {
        let authorization = pair.map(basic);
        let headers: Vec<_> = authorization.iter().map(|value| ("authorization", value.as_str())).collect();
        lab.call(method, "/v2/lab/app/blobs/uploads/", &headers, Body::empty()).await
    };
    for pair in [None, Some("ann:wrong"), Some("eve:pw:ann"), Some("ann"), Some(""), Some(":"), Some("bob:pw:ann")] {
        let reply = call(Method::POST, pair).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (401, "UNAUTHORIZED"), "{pair:?}");
        assert_eq!(reply.header("www-authenticate"), "Basic realm=\"registry\"", "{pair:?}");
    }
    assert_eq!(tags(&lab, &format!("Basic {}", "A".repeat(5000))).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(tags(&lab, "Basic \u{e9}").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(lab.requests(), 0);
    let reply = call(Method::POST, Some("bob:pw:bob")).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (403, "DENIED"));
    assert!(reply.headers.get("www-authenticate").is_none());
    assert_eq!(lab.requests(), 0);
    assert_eq!(tags(&lab, &basic("bob:pw:bob")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(call(Method::POST, Some("ann:pw:ann")).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn anonymous_pulls_where_it_is_wanted() {
    let mut config = htpasswd();
    config.anonymous_pull = true;
    let lab = Lab::with(|registry| registry.auth = AuthConfig::Basic(config));
    assert_eq!(lab.get("/v2/lab/app/tags/list").await.status, StatusCode::NOT_FOUND);
    assert_eq!(lab.get("/v2/").await.status, StatusCode::UNAUTHORIZED, "where clients learn to log in");
    assert_eq!(lab.get("/v2/_catalog").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(tags(&lab, &basic("ann:wrong")).await.status, StatusCode::UNAUTHORIZED);
    let push = lab.call(Method::POST, "/v2/lab/app/blobs/uploads/", &[], Body::empty()).await;
    assert_eq!(push.status, StatusCode::UNAUTHORIZED);

    let lab = Lab::with(|registry| registry.auth = AuthConfig::PullOnly);
    assert_eq!(lab.get("/v2/").await.status, StatusCode::OK);
    assert_eq!(lab.get("/v2/lab/app/tags/list").await.status, StatusCode::NOT_FOUND);
    let push = lab.call(Method::POST, "/v2/lab/app/blobs/uploads/", &[], Body::empty()).await;
    assert_eq!((push.status.as_u16(), push.code().as_str()), (403, "DENIED"));
}

#[tokio::test(start_paused = true)]
async fn a_mount_without_the_right_on_its_source_becomes_an_upload() {
    let server = server(Algorithm::Es256, 1);
    let lab = lab(&server);
    let entry = |name: &str, actions: &[&str]| json!({ "type": "repository", "name": name, "actions": actions });
    let bearer = |access: Value| format!("Bearer {}", server.sign(&claims(&access)));
    let base = bearer(json!([entry("lab/base", &["pull", "push"])]));
    let digest = shakedown_oci::Digest::of(b"layer");
    let path = format!("/v2/lab/base/blobs/uploads/?digest={digest}");
    let pushed = lab.call(Method::POST, &path, &[("authorization", &base)], b"layer".to_vec()).await;
    assert_eq!(pushed.status, StatusCode::CREATED);
    let mount = async |access: Value| {
        let path = format!("/v2/lab/app/blobs/uploads/?mount={digest}&from=lab/base");
        lab.call(Method::POST, &path, &[("authorization", &bearer(access))], Body::empty()).await
    };
    let own = entry("lab/app", &["pull", "push"]);
    let before = lab.requests();
    let fallback = mount(json!([own])).await;
    assert_eq!(fallback.status, StatusCode::ACCEPTED);
    assert!(lab.s3.recorder().exchanges()[before as usize..].iter().all(|call| !call.request.uri.contains("lab/base")));
    assert_eq!(mount(json!([own, entry("lab/base", &["push"])])).await.status, StatusCode::ACCEPTED);
    assert_eq!(mount(json!([own, entry("lab/base", &["pull"])])).await.status, StatusCode::CREATED);
    assert_eq!(mount(json!([entry("lab/base", &["pull", "push"])])).await.status, StatusCode::UNAUTHORIZED);
}
