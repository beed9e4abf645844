//! Each habit of the gateway, seen from both sides.

use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderMap, Method};
use shakedown_faults::Fault;
use shakedown_wire::{Body, Clock, MemoryNet, Party, Request, WireError};

use super::*;

/// What the party behind saw: method, URI, headers, body.
type Seen = Arc<Mutex<Vec<(Method, String, HeaderMap, String)>>>;

/// A gateway at `gw.test` before a party that remembers what it saw and answers with `answer`.
fn world(settings: &str, answer: fn(&Method) -> http::response::Builder) -> (Party, Seen, Gateway) {
    let settings: GatewaySettings = serde_saphyr::from_str(settings).unwrap();
    let (net, seen) = (MemoryNet::new(), Seen::default());
    let kept = seen.clone();
    net.listen(
        "backend.test:81",
        Party::from_fn(move |request: Request| {
            let kept = kept.clone();
            async move {
                let (head, body) = request.into_parts();
                let body = String::from_utf8_lossy(&body.collect(1 << 20).await?).into_owned();
                kept.lock().unwrap().push((head.method.clone(), head.uri.to_string(), head.headers, body));
                let body = if head.method == Method::HEAD { Body::empty() } else { Body::full("hello, hello, hello") };
                Ok(answer(&head.method).body(body).unwrap())
            }
        }),
    );
    let upstream = "backend.test:81".parse().unwrap();
    let gateway = Gateway::new(settings, vec![upstream], net.party(), Clock::virtual_time());
    net.listen("gw.test:8080", gateway.party());
    (net.party(), seen, gateway)
}

fn ok(_: &Method) -> http::response::Builder {
    http::Response::builder().header("etag", "\"abc\"").header("content-type", "application/octet-stream")
}

fn missing(_: &Method) -> http::response::Builder {
    http::Response::builder().status(404).header("content-type", "application/json")
}

fn request(method: &str, path: &str, body: &'static str) -> Request {
    let body = if body.is_empty() { Body::empty() } else { Body::full(body) };
    http::Request::builder().method(method).uri(format!("http://gw.test:8080{path}")).body(body).unwrap()
}

/// Status, headers and body of the answer.
async fn ask(party: &Party, request: Request) -> (u16, HeaderMap, Vec<u8>) {
    let (head, body) = party.send(request).await.unwrap().into_parts();
    (head.status.as_u16(), head.headers, body.collect(1 << 20).await.unwrap().to_vec())
}

#[tokio::test(start_paused = true)]
async fn without_settings_everything_passes() {
    let (party, seen, _) = world("{}", ok);
    let (status, headers, body) = ask(&party, request("PUT", "/v2/a/?x=%2F", "in")).await;
    assert_eq!((status, &body[..]), (200, &b"hello, hello, hello"[..]));
    assert_eq!(headers["content-length"], "19");
    let (method, uri, headers, body) = seen.lock().unwrap().remove(0);
    assert_eq!((method.as_str(), uri.as_str(), body.as_str()), ("PUT", "http://backend.test:81/v2/a/?x=%2F", "in"));
    assert_eq!(
        (&headers["host"], &headers["x-forwarded-host"]),
        (&"gw.test:8080".parse().unwrap(), &"gw.test:8080".parse().unwrap())
    );
    assert_eq!(headers["x-forwarded-proto"], "http");
    assert_eq!(headers["content-length"], "2");
}

#[tokio::test(start_paused = true)]
async fn host_and_forwarded_headers_are_lost_as_told() {
    for (settings, host, proto) in [
        ("{ host: upstream, forwarded: missing }", "backend.test:81", None),
        ("{ host: without-port }", "gw.test", Some("http")),
        (
            "{ host: { name: other.test }, forwarded: { set: { x-forwarded-proto: gopher } } }",
            "other.test",
            Some("gopher"),
        ),
    ] {
        let (party, seen, _) = world(settings, ok);
        ask(&party, request("GET", "/", "")).await;
        let (_, _, headers, _) = seen.lock().unwrap().remove(0);
        assert_eq!(headers["host"], host, "{settings}");
        assert_eq!(headers.get("x-forwarded-proto").map(|value| value.to_str().unwrap()), proto, "{settings}");
    }
}

#[tokio::test(start_paused = true)]
async fn paths_queries_and_methods_change_as_told() {
    let (party, seen, _) = world("{ drop-query: true, trailing-slash: removed, head-as-get: true }", ok);
    let (status, headers, body) = ask(&party, request("HEAD", "/v2/a/blobs/uploads/?_state=x", "")).await;
    assert_eq!((status, body.len(), &headers["content-length"]), (200, 0, &"19".parse().unwrap()));
    let (method, uri, ..) = seen.lock().unwrap().remove(0);
    assert_eq!((method, uri.as_str()), (Method::GET, "http://backend.test:81/v2/a/blobs/uploads"));
    let (party, seen, _) = world("{ trailing-slash: redirected }", ok);
    let (status, headers, _) = ask(&party, request("POST", "/v2/a/blobs/uploads/?mount=x", "")).await;
    assert_eq!((status, &headers["location"]), (301, &"/v2/a/blobs/uploads?mount=x".parse().unwrap()));
    assert!(seen.lock().unwrap().is_empty());
    let (status, ..) = ask(&party, request("GET", "/v2/", "")).await;
    assert_eq!(status, 200, "the root of the API is no path to tidy up");
}

#[tokio::test(start_paused = true)]
async fn bodies_over_the_limit_are_refused_announced_or_not() {
    let (party, seen, _) = world("{ body-limit: 4B, server: nginx }", ok);
    let (status, headers, body) = ask(&party, request("PUT", "/", "12345")).await;
    assert_eq!((status, &headers["server"]), (413, &"nginx/1.22.1".parse().unwrap()));
    assert!(String::from_utf8_lossy(&body).contains("413 Request Entity Too Large"));
    let frames = futures_util::stream::iter(["123", "45"].map(|part| Ok(part.into())));
    let streamed = http::Request::put("http://gw.test:8080/").body(Body::stream(frames)).unwrap();
    assert_eq!(ask(&party, streamed).await.0, 413);
    assert!(seen.lock().unwrap().is_empty(), "nothing whole arrived behind it");
    assert_eq!(ask(&party, request("PUT", "/", "1234")).await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn error_pages_take_the_place_of_chosen_bodies() {
    let (party, _, _) = world("{ error-pages: [404] }", missing);
    let (status, headers, body) = ask(&party, request("GET", "/", "")).await;
    assert_eq!((status, body.len(), &headers["content-type"]), (404, 159, &"text/html".parse().unwrap()));
    assert_eq!(headers["server"], "openresty/1.15.8.2");
    let (status, headers, body) = ask(&party, request("HEAD", "/", "")).await;
    assert_eq!((status, body.len(), &headers["content-length"]), (404, 0, &"159".parse().unwrap()));
    let (party, _, _) = world("{ error-pages: [403] }", missing);
    assert_eq!(ask(&party, request("GET", "/", "")).await.2, b"hello, hello, hello");
}

#[tokio::test(start_paused = true)]
async fn a_firewall_reads_bodies() {
    let (party, seen, _) = world("{ firewall: /var/log }", ok);
    assert_eq!(ask(&party, request("PUT", "/", "RUN ls /var/log")).await.0, 403);
    assert!(seen.lock().unwrap().is_empty());
    assert_eq!(ask(&party, request("PUT", "/", "RUN ls /var/lib")).await.0, 200);
    assert_eq!(seen.lock().unwrap()[0].3, "RUN ls /var/lib", "what was looked at is sent on");
}

#[tokio::test(start_paused = true)]
async fn gzip_loses_the_length_and_weakens_the_tag() {
    let (party, _, _) = world("{ gzip: accepted }", ok);
    let (_, headers, body) = ask(&party, request("GET", "/", "")).await;
    assert_eq!((&body[..], headers.contains_key("content-encoding")), (&b"hello, hello, hello"[..], false));
    let mut asking = request("GET", "/", "");
    asking.headers_mut().insert("accept-encoding", "gzip".parse().unwrap());
    let (_, headers, body) = ask(&party, asking).await;
    assert_eq!(
        (&headers["content-encoding"], &headers["etag"]),
        (&"gzip".parse().unwrap(), &"W/\"abc\"".parse().unwrap())
    );
    assert!(!headers.contains_key("content-length"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(&body[..]).read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello, hello, hello");
}

#[tokio::test(start_paused = true)]
async fn a_404_is_kept_for_its_time_unless_that_is_forbidden() {
    let (party, seen, _) = world("{ negative-cache: 60s }", missing);
    for _ in 0..3 {
        assert_eq!(ask(&party, request("GET", "/a", "")).await.0, 404);
    }
    assert_eq!(seen.lock().unwrap().len(), 1);
    tokio::time::advance(Duration::from_secs(61)).await;
    ask(&party, request("HEAD", "/a", "")).await;
    assert_eq!(seen.lock().unwrap().len(), 2);
    let (party, seen, _) =
        world("{ negative-cache: 60s }", |method| missing(method).header("cache-control", "no-store"));
    ask(&party, request("GET", "/a", "")).await;
    ask(&party, request("GET", "/a", "")).await;
    assert_eq!(seen.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_head_from_the_cache_has_no_length() {
    let (party, seen, _) = world("{ head-cache: 60s }", ok);
    assert_eq!(ask(&party, request("HEAD", "/a", "")).await.1["etag"], "\"abc\"");
    ask(&party, request("GET", "/a", "")).await;
    let (status, headers, _) = ask(&party, request("HEAD", "/a", "")).await;
    assert_eq!((status, headers.get("content-length"), &headers["age"]), (200, None, &"0".parse().unwrap()));
    assert_eq!(seen.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_behind_and_silent_is_502_or_504() {
    for (error, status) in [
        (WireError::Closed, 502),
        (WireError::Refused { authority: "x".into() }, 502),
        (WireError::Timeout { after: Duration::from_secs(60) }, 504),
    ] {
        let behind = Party::from_fn(move |_| std::future::ready(Err(error.clone())));
        let gateway =
            Gateway::new(GatewaySettings::default(), vec!["b.test".parse().unwrap()], behind, Clock::virtual_time());
        let (told, headers, _) = ask(&gateway.party(), request("GET", "/", "")).await;
        assert_eq!((told, &headers["content-type"]), (status, &"text/html".parse().unwrap()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_buffered_answer_that_breaks_off_is_502_a_streamed_one_breaks() {
    let broken = |_| {
        let frames = futures_util::stream::iter([Ok("12".into()), Err(WireError::Closed)]);
        std::future::ready(Ok(http::Response::new(Body::sized(4, frames))))
    };
    for (settings, whole) in [("{ buffer-answers: 1KiB }", true), ("{}", false)] {
        let settings = serde_saphyr::from_str(settings).unwrap();
        let upstream = vec!["b.test".parse().unwrap()];
        let gateway = Gateway::new(settings, upstream, Party::from_fn(broken), Clock::virtual_time());
        let answer = gateway.party().send(request("GET", "/", "")).await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect(1 << 20).await;
        assert_eq!((status, body.is_ok()), if whole { (502, true) } else { (200, false) });
    }
}

#[tokio::test(start_paused = true)]
async fn plain_http_on_a_port_of_https_is_told_so() {
    let (party, seen, _) = world("{ tls: true, server: nginx }", ok);
    let (status, _, body) = ask(&party, request("GET", "/", "")).await;
    assert_eq!(status, 400);
    assert!(String::from_utf8_lossy(&body).contains("The plain HTTP request was sent to HTTPS port"));
    let mut secure = request("GET", "/", "");
    *secure.uri_mut() = "https://gw.test:8080/".parse().unwrap();
    assert_eq!(ask(&party, secure).await.0, 200);
    assert_eq!(seen.lock().unwrap()[0].2["x-forwarded-proto"], "https");
}

#[tokio::test(start_paused = true)]
async fn faults_strike_before_the_gateway_does_anything() {
    let (_, seen, gateway) = world("{}", ok);
    let fault: Fault = serde_saphyr::from_str("{ on: gateway, effect: { answer: 502 } }").unwrap();
    let party = gateway.faulty(vec![fault], 1, Clock::virtual_time());
    assert_eq!(ask(&party, request("GET", "/", "")).await.0, 502);
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn backends_take_turns() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = seen.clone();
    let behind = Party::from_fn(move |request: Request| {
        kept.lock().unwrap().push(request.uri().authority().unwrap().to_string());
        std::future::ready(Ok(http::Response::new(Body::empty())))
    });
    let upstreams = ["a.test", "b.test"].map(|name| name.parse().unwrap()).to_vec();
    let gateway = Gateway::new(GatewaySettings::default(), upstreams, behind, Clock::virtual_time());
    for _ in 0..3 {
        ask(&gateway.party(), request("GET", "/", "")).await;
    }
    assert_eq!(*seen.lock().unwrap(), ["a.test", "b.test", "a.test"]);
}

#[test]
fn upstreams_are_addresses() {
    assert_eq!(upstream("http://127.0.0.1:5000/").unwrap(), "127.0.0.1:5000");
    for wrong in ["127.0.0.1:5000", "https://a", "http://a/v2", "http://a?x", ""] {
        assert!(upstream(wrong).is_err(), "{wrong}");
    }
}
