//! Each habit of the forward proxy, seen from both sides.

use std::sync::Mutex;

use shakedown_wire::MemoryNet;
use tokio::time::Instant;

use super::*;

/// What the host behind saw.
type Seen = Arc<Mutex<Vec<(String, HeaderMap)>>>;

/// A proxy at `proxy.test` before `registry.test:5000`, which the proxy also knows as `registry.corp`.
fn world(settings: &str) -> (Party, Seen) {
    let settings: ForwardProxySettings = serde_saphyr::from_str(settings).unwrap();
    assert_eq!(settings.problems(), Vec::<String>::new());
    let (net, seen) = (MemoryNet::new(), Seen::default());
    let kept = seen.clone();
    let host = Party::from_fn(move |request: Request| {
        kept.lock().unwrap().push((request.uri().to_string(), request.headers().clone()));
        async move {
            request.into_body().drain().await?;
            let answer =
                http::Response::builder().header("connection", "x-hop").header("x-hop", "1").header("etag", "a");
            Ok(answer.body(Body::full("hello")).unwrap())
        }
    });
    net.listen("registry.test:5000", host);
    let user = ProxyUser { user: "ann".into(), password: "secret".into() };
    let proxy = ForwardProxy::new(settings, user, net.party());
    proxy.name("registry.corp", "registry.test:5000".parse().unwrap());
    net.listen("proxy.test", proxy.party());
    (net.through("proxy.test"), seen)
}

fn request(method: &str, uri: &str, headers: &[(&'static str, &str)], body: Body) -> Request {
    let mut request = http::Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body).unwrap()
}

async fn ask(party: &Party, headers: &[(&'static str, &str)], body: Body) -> (u16, HeaderMap, String) {
    let request = request("PUT", "http://registry.test:5000/v2/?a=b", headers, body);
    let (head, body) = party.send(request).await.unwrap().into_parts();
    let text = String::from_utf8_lossy(&body.collect(1 << 16).await.unwrap()).into_owned();
    (head.status.as_u16(), head.headers, text)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[tokio::test]
async fn it_sends_on_to_whom_the_request_names_and_ends_the_hop() {
    let (party, seen) = world("{}");
    let mine = [("proxy-authorization", "Basic x"), ("authorization", "Bearer t"), ("te", "trailers")];
    let (status, headers, body) = ask(&party, &[mine[0], mine[1], mine[2], ("host", "other.test")], "abc".into()).await;
    assert_eq!((status, body.as_str()), (200, "hello"));
    assert_eq!(
        (text(&headers, "via"), text(&headers, "x-hop"), text(&headers, "etag")),
        (Some(PSEUDONYM), None, Some("a"))
    );
    let (uri, headers) = seen.lock().unwrap().pop().unwrap();
    assert_eq!(uri, "http://registry.test:5000/v2/?a=b");
    assert_eq!(text(&headers, "host"), Some("registry.test:5000"), "what the URL says, whatever Host said");
    assert_eq!(text(&headers, "via"), Some(PSEUDONYM));
    assert_eq!(text(&headers, "authorization"), Some("Bearer t"));
    assert!(text(&headers, "proxy-authorization").is_none() && text(&headers, "te").is_none());
}

#[tokio::test]
async fn names_of_its_own_are_resolved_by_it_alone() {
    let (party, seen) = world("{}");
    let get = |uri: &str| request("GET", uri, &[], Body::empty());
    assert_eq!(party.send(get("http://Registry.corp/v2/")).await.unwrap().status(), 200);
    let (uri, headers) = seen.lock().unwrap().pop().unwrap();
    assert_eq!((uri.as_str(), text(&headers, "host")), ("http://registry.test:5000/v2/", Some("Registry.corp")));
    for (uri, status) in
        [("http://nobody.test/", 502), ("https://registry.corp/", 400), ("http://registry.corp:81/", 502)]
    {
        assert_eq!(party.send(get(uri)).await.unwrap().status(), status, "{uri}");
    }
    let again = request("GET", "http://registry.corp/", &[("via", PSEUDONYM)], Body::empty());
    assert_eq!(party.send(again).await.unwrap().status(), 400, "a request that comes back goes round no longer");
}

#[tokio::test]
async fn it_asks_for_a_login_of_its_own() {
    let right = [("proxy-authorization", "Basic YW5uOnNlY3JldA==")];
    for (settings, headers, wanted) in
        [("{ login: asked }", &[][..], 407), ("{ login: asked }", &right, 200), ("{ login: wall }", &right, 407)]
    {
        let (party, seen) = world(settings);
        let (status, headers, body) = ask(&party, headers, "abc".into()).await;
        assert_eq!((status, seen.lock().unwrap().is_empty()), (wanted, wanted == 407), "{settings}");
        assert_eq!(text(&headers, "proxy-authenticate").is_some(), wanted == 407, "{settings}");
        assert_eq!(body.contains("<html>"), wanted == 407, "{settings}");
    }
    let shown = format!("{:?}", world("{ login: asked }").0);
    assert!(!shown.contains("secret"), "{shown}");
}

#[tokio::test]
async fn what_it_does_not_like_it_answers_itself() {
    let chunks = || Body::stream(futures_util::stream::iter(vec![Ok("abc".into()), Ok("def".into())]));
    for (settings, body, wanted) in [
        ("{ body-limit: 5B }", Body::from("abcdef"), 413),
        ("{ body-limit: 5B }", chunks(), 413),
        ("{ body-limit: 6B }", chunks(), 200),
        ("{ refuse-chunked: true }", chunks(), 411),
        ("{ refuse-chunked: true }", Body::from("abcdef"), 200),
        ("{ page: captive-portal-200 }", Body::from("abcdef"), 200),
        ("{ page: waf-403 }", Body::empty(), 403),
        ("{ page: nginx-503 }", Body::empty(), 503),
    ] {
        let (party, seen) = world(settings);
        let (status, _, said) = ask(&party, &[], body).await;
        assert_eq!(status, wanted, "{settings}");
        assert_eq!(said == "hello", wanted == 200 && !settings.contains("page"), "{settings}: {said}");
        let announced = matches!(wanted, 403 | 411 | 503) || settings.contains("page");
        assert!(!announced || seen.lock().unwrap().is_empty(), "{settings}: it went on to the host");
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_slow_keeps_authorization_or_is_dead() {
    let (party, seen) = world("{ delay: 3s, drop-authorization: true }");
    let began = Instant::now();
    assert_eq!(ask(&party, &[("authorization", "Bearer t")], Body::empty()).await.0, 200);
    assert_eq!(began.elapsed(), Duration::from_secs(3));
    assert!(text(&seen.lock().unwrap()[0].1, "authorization").is_none());
    let (party, seen) = world("{ dead: true }");
    let dead = party.send(request("GET", "http://registry.corp/", &[], Body::empty())).await.unwrap_err();
    assert_eq!(dead, WireError::Closed);
    assert!(seen.lock().unwrap().is_empty());
}
