//! Random, half-valid requests: valid ones with something wrong about them, odd headers, lengths that lie, bodies that break off. No answer is
//! a 5xx, every refusal has the body of the specification (ER1-ER3), what was acknowledged before is there after all of them, and the process has
//! not grown.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shakedown_wire::{Body, Party, Request, WireError};

use crate::content::{blob, blob_digest, image};
use crate::memory::{Memory, alone};
use crate::ops::{Seen, act, beginning};
use crate::search::in_virtual_time;
use crate::support::Lab;

/// Requests of one run; `SHAKEDOWN_REQUESTS` wins.
const REQUESTS: u32 = 20_000;
/// Largest body of an answer here: listings are small.
const ANSWER: usize = 1 << 20;

const METHODS: &[&str] = &["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"];
const PIECES: &[&str] = &[
    "",
    "/",
    "v2",
    "lab",
    "lab/app",
    "..",
    "%2e%2e",
    "%00",
    "%ff",
    "a%2Fb",
    "LAB",
    "_catalog",
    "tags",
    "list",
    "manifests",
    "blobs",
    "uploads",
    "referrers",
    "v1",
    "latest",
    "sha256:",
    "sha256:abc",
    "sha512:00",
    "md5:d41d8cd98f00b204e9800998ecf8427e",
    "0b5b1c0e-0000-4000-8000-000000000000",
    "health",
    "\u{e9}",
];
const QUERIES: &[&str] = &[
    "",
    "?",
    "?n=0",
    "?n=-1",
    "?n=99999999999999999999",
    "?n=1&last=v1",
    "?last=%00",
    "?digest=",
    "?digest=sha256:abc",
    "?_state=AAAA",
    "?_state=%ff",
    "?mount=sha256:abc&from=lab",
    "?from=../..",
    "?tag=v9&tag=%20",
    "?artifactType=%22",
    "?digest-algorithm=md5",
    "?&&==",
    "?ns=docker.io",
    "?n=1&n=2",
];
const HEADERS: &[(&str, &[u8])] = &[
    ("content-range", b"0-0"),
    ("content-range", b"bytes 0-1/2"),
    ("content-range", b"18446744073709551615-0"),
    ("content-range", b"-"),
    ("content-range", b"\xff"),
    ("range", b"bytes=0-0"),
    ("range", b"bytes=-0"),
    ("range", b"bytes=5-1,9-"),
    ("range", b"bytes=99999999999999999999-"),
    ("content-type", b"application/vnd.oci.image.manifest.v1+json"),
    ("content-type", b"text/plain; charset=\xff"),
    ("content-type", b"/"),
    ("content-length", b"18446744073709551615"),
    ("content-length", b"-1"),
    ("content-length", b"0"),
    ("content-length", b"7, 7"),
    ("accept", b"\x80"),
    ("if-none-match", b"*"),
    ("if-none-match", b"W/\"\",,"),
    ("authorization", b"Basic !!!"),
    ("authorization", b"Bearer e30.e30."),
    ("x-forwarded-proto", b"javascript"),
    ("x-forwarded-host", b"a b\xff"),
    ("host", b""),
    ("expect", b"100-continue"),
    ("traceparent", b"00-zz-zz-zz"),
    ("oci-subject", b"x"),
];

/// One request; of ten about three are valid to the end.
fn request(rng: &mut ChaCha8Rng, locations: &[String]) -> Request {
    let method = Method::from_bytes(METHODS.choose(rng).unwrap().as_bytes()).unwrap();
    let uri = target(rng, locations);
    let mut request = http::Request::new(body(rng));
    *request.method_mut() = method;
    *request.uri_mut() = uri.parse().unwrap_or_else(|_| "http://registry.test/v2/".parse().unwrap());
    if rng.random_ratio(3, 4)
        && let Some(length) = request.body().length()
    {
        request.headers_mut().insert("content-length", length.into());
    }
    for _ in 0..rng.random_range(0..3) {
        let (name, value) = HEADERS.choose(rng).unwrap();
        if let Ok(value) = HeaderValue::from_bytes(value) {
            request.headers_mut().append(HeaderName::from_static(name), value);
        }
    }
    request
}

fn target(rng: &mut ChaCha8Rng, locations: &[String]) -> String {
    let (digest, manifest) = (blob_digest(rng.random_range(0..4)), image(rng.random_range(0..3)).digest);
    let query = QUERIES.choose(rng).unwrap();
    let path = match rng.random_range(0..10) {
        0 => format!("/v2/lab/blobs/uploads/{query}"),
        1 => format!("/v2/lab/blobs/{digest}{query}"),
        2 => format!("/v2/lab/manifests/{manifest}{query}"),
        3 => format!("/v2/lab/manifests/v{}{query}", rng.random_range(0..4)),
        4 => format!("/v2/lab/tags/list{query}"),
        5 => format!("/v2/lab/referrers/{manifest}{query}"),
        6 | 7 if !locations.is_empty() => {
            let location = locations.choose(rng).unwrap();
            if rng.random() { location.clone() } else { format!("{location}&digest={digest}") }
        }
        _ => {
            let pieces: Vec<_> = (0..rng.random_range(0..7)).map(|_| *PIECES.choose(rng).unwrap()).collect();
            format!("/v2/{}{query}", pieces.join("/"))
        }
    };
    // Now and then one byte is another.
    let mut bytes = path.into_bytes();
    if rng.random_ratio(1, 6) {
        let at = rng.random_range(0..bytes.len());
        bytes[at] = rng.random_range(33..127);
    }
    format!("http://registry.test{}", String::from_utf8_lossy(&bytes))
}

fn body(rng: &mut ChaCha8Rng) -> Body {
    let bytes: Bytes = match rng.random_range(0..6) {
        0 | 1 => Bytes::new(),
        2 => blob(rng.random_range(0..4)).into(),
        3 => image(rng.random_range(0..7)).bytes.into(),
        4 => {
            let mut bytes = image(rng.random_range(0..7)).bytes;
            let at = rng.random_range(0..bytes.len());
            bytes[at] = rng.random();
            bytes.into()
        }
        _ => vec![rng.random(); rng.random_range(0..3000)].into(),
    };
    match rng.random_range(0..12) {
        0 => Body::stream(futures_util::stream::iter([Ok(bytes), Err(WireError::Reset)])),
        1 => Body::sized(bytes.len() as u64 + 10, futures_util::stream::iter([Ok(bytes)])),
        2 => Body::stream(futures_util::stream::iter([Ok(bytes)])),
        _ => Body::full(bytes),
    }
}

/// What is wrong with the answer to `request`; gives the Location of a new upload.
async fn ask(party: &Party, request: Request) -> Result<Option<String>, String> {
    let what = format!("{} {} {:?}", request.method(), request.uri(), request.headers());
    let is_head = request.method() == Method::HEAD;
    let response = party.send(request).await.map_err(|error| format!("{what}: {error}"))?;
    let (head, body) = response.into_parts();
    let bytes = body.collect(ANSWER).await.map_err(|error| format!("{what}: {error}"))?;
    let told = |why: &str| Err(format!("{what}\n{why}: {} {}", head.status, String::from_utf8_lossy(&bytes)));
    if head.status.is_server_error() {
        return told("a 5xx although nothing is wrong with the storage");
    }
    if head.status.is_client_error() && !is_head {
        let body: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let errors = body["errors"].as_array().map_or(&[][..], Vec::as_slice);
        let upper = |code: &str| !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        if errors.is_empty() || !errors.iter().all(|entry| entry["code"].as_str().is_some_and(upper)) {
            return told("not the body of a refusal");
        }
    }
    let location = head.headers.get("docker-upload-uuid").and(head.headers.get("location"));
    Ok(location.and_then(|location| location.to_str().ok()).map(str::to_owned))
}

#[test]
fn no_request_brings_the_registry_down() {
    let _alone = alone();
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let (count, seed) =
        (number("SHAKEDOWN_REQUESTS").unwrap_or(REQUESTS.into()), number("SHAKEDOWN_SEED").unwrap_or(1));
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // A lab for each thousand: what an upload that nobody ends leaves behind is its own.
    let mut warm = None;
    for round in 0..count.div_ceil(1000) {
        in_virtual_time(async {
            let lab = Lab::small_parts();
            let party = lab.registry.party();
            for op in beginning() {
                assert_eq!(act(&party, op).await, Seen::Done);
            }
            let kept = lab.push_blob("kept/safe", b"what was acknowledged").await;
            let mut locations = Vec::new();
            for at in 0..1000.min(count - round * 1000) {
                match ask(&party, request(&mut rng, &locations)).await {
                    Ok(location) => locations.extend(location.filter(|_| locations.len() < 50)),
                    Err(wrong) => panic!("request {at} of thousand {round}, seed {seed}: {wrong}"),
                }
            }
            assert_eq!(lab.get(&format!("/v2/kept/safe/blobs/{kept}")).await.body, "what was acknowledged");
        });
        warm.get_or_insert_with(Memory::now).has_not_grown();
    }
}
