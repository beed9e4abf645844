//! The law of rights: whatever is asked, with whatever token, nothing is read or written without the right to it.

use http::{Method, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};
use shakedown_oci::Challenge;
use shakedown_peers::token::{Algorithm, TokenServer};
use shakedown_wire::Body;

use crate::auth::{claims, lab, server};
use crate::support::Lab;

const REPOSITORIES: [&str; 3] = ["lab/a", "lab/b", "lab/a/b"];
const ACTIONS: [&str; 4] = ["pull", "push", "delete", "*"];
const METHODS: [Method; 8] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
    Method::TRACE,
];
const TAILS: [&str; 8] = [
    "tags/list",
    "manifests/1",
    "manifests/sha256:0000000000000000000000000000000000000000000000000000000000000000",
    "blobs/sha256:0000000000000000000000000000000000000000000000000000000000000000",
    "blobs/uploads/",
    "blobs/uploads",
    "blobs/uploads/00000000-0000-4000-8000-000000000000?_state=x",
    "referrers/sha256:0000000000000000000000000000000000000000000000000000000000000000",
];

/// What a request asks for, said a second time and in other words than the registry's own table.
fn needed(method: &Method, tail: &str) -> &'static str {
    match method.as_str() {
        _ if tail.starts_with("blobs/uploads") => "push",
        "GET" | "HEAD" => "pull",
        "DELETE" => "delete",
        _ => "push",
    }
}

/// A right in a token.
type Entry = (usize, Vec<usize>);

fn access(entries: &[Entry], catalog: bool) -> Value {
    let entry = |(name, actions): &Entry| {
        let actions: Vec<_> = actions.iter().map(|index| ACTIONS[*index]).collect();
        json!({ "type": "repository", "name": REPOSITORIES[*name], "actions": actions })
    };
    let catalog = catalog.then(|| json!({ "type": "registry", "name": "catalog", "actions": ["*"] }));
    entries.iter().map(entry).chain(catalog).collect()
}

/// Sends it; the status, the challenged scope, and whether the storage was asked.
async fn ask(
    (lab, server): (&Lab, &TokenServer),
    method: &Method,
    path: &str,
    access: Option<&Value>,
) -> (StatusCode, Option<String>, bool) {
    let token = access.map(|access| format!("Bearer {}", server.sign(&claims(access))));
    let headers: Vec<_> = token.iter().map(|token| ("authorization", token.as_str())).collect();
    let before = lab.requests();
    let reply = lab.call(method.clone(), path, &headers, Body::empty()).await;
    let challenge = reply.headers.get("www-authenticate").map(|value| {
        let parsed = Challenge::parse_all(value.to_str().unwrap()).unwrap();
        parsed[0].param("scope").unwrap_or_default().to_owned()
    });
    (reply.status, challenge, lab.requests() > before)
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nothing_without_the_right(
        repository in 0..REPOSITORIES.len(),
        entries in proptest::collection::vec((0..REPOSITORIES.len(), proptest::collection::vec(0..ACTIONS.len(), 0..3)), 0..3),
        catalog: bool,
        anonymous in proptest::bool::weighted(0.1),
    ) {
        let repository = REPOSITORIES[repository];
        let access = access(&entries, catalog);
        let token = (!anonymous).then_some(&access);
        let granted = |action: &str| !anonymous && entries.iter().any(|(name, actions)| {
            REPOSITORIES[*name] == repository && actions.iter().any(|index| ["*", action].contains(&ACTIONS[*index]))
        });
        run(async {
            let server = server(Algorithm::EdDsa, 1);
            let lab = lab(&server);
            for method in &METHODS {
                for tail in TAILS {
                    let path = format!("/v2/{repository}/{tail}");
                    let need = needed(method, tail);
                    let (status, challenge, touched) = ask((&lab, &server), method, &path, token).await;
                    if granted(need) {
                        prop_assert!(status != 401 && status != 403, "{method} {path} {access}: {status}");
                    } else {
                        prop_assert_eq!(status, 401, "{} {} {}", method, &path, &access);
                        prop_assert!(!touched, "{method} {path} {access}: the storage was asked");
                        let scope = challenge.unwrap_or_default();
                        let asks = scope.rsplit_once(':').is_some_and(|(_, actions)| actions.split(',').any(|own| own == need));
                        prop_assert!(asks && scope.contains(&format!(":{repository}:")), "{method} {path}: {scope}");
                    }
                }
                let (status, _, touched) = ask((&lab, &server), method, "/v2/_catalog", token).await;
                let open = catalog && !anonymous;
                prop_assert_eq!(status != 401 && status != 403, open, "{} _catalog {}", method, &access);
                prop_assert!(open || !touched);
                let (status, ..) = ask((&lab, &server), method, "/v2/", token).await;
                prop_assert_eq!(status == 401, anonymous);
            }
            Ok(())
        })?;
    }

    #[test]
    fn no_header_opens_and_none_panics(
        scheme in prop_oneof![Just("Bearer"), Just("bearer"), Just("Basic"), Just("BEARER\t"), Just("")],
        rest in r"[ -~]{0,80}|[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}|(eyJhbGciOiJub25lIn0|e30)\.e30\.",
    ) {
        run(async {
            let server = server(Algorithm::EdDsa, 1);
            let lab = lab(&server);
            let authorization = format!("{scheme} {rest}");
            let reply = lab.call(Method::GET, "/v2/lab/a/tags/list", &[("authorization", &authorization)], Body::empty()).await;
            prop_assert_eq!(reply.status, 401);
            prop_assert_eq!(lab.requests(), 0);
            Ok(())
        })?;
    }
}
