//! What some defects need to be seen in: tokens and passwords, and bodies that are cut. The probes themselves are in `defects`.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use shakedown_oci::Digest;
use shakedown_peers::token::{Algorithm, TokenServer};
use shakedown_registry::{AuthConfig, BearerConfig, DefectSet, KeySet};
use shakedown_wire::{Body, WireError};

use crate::auth::{ISSUER, SERVICE, basic, claims, htpasswd, server};
use crate::defects::{SLOW_DOWN, behind, blob, is, lab};
use crate::support::{Lab, Reply, Tap};

/// What is read of 100 bytes that the store cuts off after 10, and whether it ended well.
pub async fn read_cut(defects: DefectSet) -> (Vec<u8>, bool) {
    let lab = lab(defects);
    lab.push_blob("lab/app", &[b'x'; 200]).await;
    let registry = behind(&lab, |request| {
        let range = request.headers().get("range").and_then(|range| range.to_str().ok()).unwrap_or_default().to_owned();
        is(request, Method::GET, "/data").then(|| match range.as_str() {
            "bytes=0-99" => {
                let cut = [Ok("xxxxxxxxxx".into()), Err(WireError::Truncated { received: 10 })];
                let answer = http::Response::builder().status(206).header("content-range", "bytes 0-99/200");
                let answer = answer.header("content-length", 100).header("etag", "\"e\"");
                Tap::Answer(Box::new(answer.body(Body::sized(100, futures_util::stream::iter(cut))).unwrap()))
            }
            _ => Tap::answer(503, "application/xml", SLOW_DOWN),
        })
    });
    let request =
        http::Request::get(format!("http://registry.test{}", blob(&[b'x'; 200]))).header("range", "bytes=0-99");
    let mut body = registry.send(request.body(Body::empty()).unwrap()).await.unwrap().into_body();
    let mut bytes = Vec::new();
    while let Some(frame) = body.next().await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(&frame),
            Err(_) => return (bytes, false),
        }
    }
    (bytes, true)
}

/// A registry that believes the tokens of a server.
struct Secured {
    lab: Lab,
    server: TokenServer,
}

impl Secured {
    fn new(defects: DefectSet) -> Self {
        let server = server(Algorithm::Es256, 1);
        let keys = KeySet::from_json(&server.jwks()).unwrap();
        let bearer = BearerConfig::new("http://auth.test/token", SERVICE, ISSUER, keys);
        Self { lab: Lab::with(|config| (config.auth, config.defects) = (AuthConfig::Bearer(bearer), defects)), server }
    }

    async fn call(&self, method: Method, path: &str, claims: &Value, body: &[u8]) -> Reply {
        let token = format!("Bearer {}", self.server.sign(claims));
        self.lab.call(method, path, &[("authorization", &token)], body.to_vec()).await
    }
}

fn may_push(name: &str) -> Value {
    claims(&json!([{ "type": "repository", "name": name, "actions": ["pull", "push"] }]))
}

/// How a list of tags in a repository that is not there is answered with this `access`: 404 to who was let in.
pub async fn tags_with_rights(defects: DefectSet, access: &Value) -> StatusCode {
    Secured::new(defects).call(Method::GET, "/v2/lab/app/tags/list", &claims(access), b"").await.status
}

/// The same with a name and a password, `name:password`.
pub async fn tags_with_password(defects: DefectSet, pair: &str) -> StatusCode {
    let lab = Lab::with(|config| (config.auth, config.defects) = (AuthConfig::Basic(htpasswd()), defects));
    lab.call(Method::GET, "/v2/lab/app/tags/list", &[("authorization", &basic(pair))], Body::empty()).await.status
}

/// How a chunk is answered after one whose token had expired.
pub async fn upload_after_expired_token(defects: DefectSet) -> StatusCode {
    let secured = Secured::new(defects);
    let good = may_push("lab/app");
    let started = secured.call(Method::POST, "/v2/lab/app/blobs/uploads/", &good, b"").await;
    let mut old = good.clone();
    old["exp"] = 1.into();
    let refused = secured.call(Method::PATCH, started.header("location"), &old, b"x").await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    secured.call(Method::PATCH, started.header("location"), &good, b"x").await.status
}

/// How a mount is answered from a repository that the token does not name.
pub async fn mount_without_right(defects: DefectSet) -> StatusCode {
    let secured = Secured::new(defects);
    let digest = Digest::of(b"x");
    let there = format!("/v2/lab/base/blobs/uploads/?digest={digest}");
    assert_eq!(secured.call(Method::POST, &there, &may_push("lab/base"), b"x").await.status, StatusCode::CREATED);
    let mount = format!("/v2/lab/app/blobs/uploads/?mount={digest}&from=lab/base");
    secured.call(Method::POST, &mount, &may_push("lab/app"), b"").await.status
}
