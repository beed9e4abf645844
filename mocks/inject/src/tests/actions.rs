//! One test for each action.

use http::{Method, StatusCode};
use shakedown_faults::{Answer, BodyEdit, End, HeadEdit, Moment, StoreFault, XmlEdit};
use shakedown_wire::ConnectionEnd;

use super::*;
use crate::StoreFaults;

fn denied(read_request: bool) -> Answer {
    let headers = vec![("content-type".into(), "text/html".into()), ("content-length".into(), "999".into())];
    Answer { status: StatusCode::FORBIDDEN, headers, body: Bytes::from_static(b"<html>no</html>"), read_request }
}

/// Carries `actions` out on `party`.
async fn carry(actions: Vec<Action>, request: Request, party: &Party) -> Result<Response, WireError> {
    let inner = |request| {
        let party = party.clone();
        async move { party.send(request).await }
    };
    injector().carry_out(&firing(actions), request, inner).await
}

/// A body that must not be asked for.
fn untouchable() -> Body {
    Body::stream(stream::poll_fn(|_| panic!("the body was read")))
}

#[tokio::test(start_paused = true)]
async fn delays_add_up_around_the_call() {
    let (s, ms) = (Duration::from_secs(2), Duration::from_millis(300));
    let seen = strike("GET", vec![Action::Delay(s), Action::DelayReply(ms), Action::Delay(s)]).await.unwrap();
    assert_eq!((seen.status, seen.took), (200, Duration::from_millis(4300)));
}

#[tokio::test(start_paused = true)]
async fn an_answer_before_hides_the_request_from_the_party() {
    let party = Counted::default();
    let answered = party.party(ten);
    let early = request("PUT", untouchable());
    let response = carry(vec![Action::Answer(Moment::Before, denied(false))], early, &answered).await.unwrap();
    let seen = see(response, tokio::time::Instant::now()).await;
    assert_eq!((seen.status, seen.headers.join(", ")), (403, "content-type: text/html, content-length: 15".into()));
    assert_eq!((seen.bytes.as_slice(), party.calls()), (&b"<html>no</html>"[..], 0));
}

#[tokio::test(start_paused = true)]
async fn an_answer_may_want_the_request_read_first() {
    let party = Counted::default().party(ten);
    let broken = Body::sized(9, stream::iter([Ok(Bytes::from_static(b"abc")), Err(WireError::Reset)]));
    let error =
        carry(vec![Action::Answer(Moment::Before, denied(true))], request("PUT", broken), &party).await.unwrap_err();
    assert_eq!(error, WireError::Reset, "the sender left before it had sent everything");
}

#[tokio::test(start_paused = true)]
async fn an_answer_after_hides_the_partys() {
    let party = Counted::default();
    let answered = party.party(ten);
    let request = request("PUT", Body::full("abc"));
    let response = carry(vec![Action::Answer(Moment::Applied, denied(true))], request, &answered).await.unwrap();
    assert_eq!((response.status().as_u16(), party.calls()), (403, 1));
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_head_announces_and_sends_nothing() {
    let seen = strike("HEAD", vec![Action::Answer(Moment::Before, denied(true))]).await.unwrap();
    assert_eq!((seen.status, seen.headers[1].as_str(), seen.bytes.len()), (403, "content-length: 15", 0));
    let seen = strike("HEAD", vec![Action::Body(BodyEdit::Replace(Bytes::from_static(b"abc")))]).await.unwrap();
    assert_eq!((seen.headers.contains(&"content-length: 3".into()), seen.bytes.len()), (true, 0));
}

#[tokio::test(start_paused = true)]
async fn connections_end_before_and_after() {
    let raw = Bytes::from_static(b"HTTP/1.1 200");
    for (action, calls, error) in [
        (Action::Break(Moment::Before, End::Fin), 0, WireError::Closed),
        (Action::Break(Moment::Before, End::Rst), 0, WireError::Reset),
        (Action::Break(Moment::Applied, End::Rst), 1, WireError::Reset),
        (
            Action::Raw(Moment::Before, raw.clone(), End::Rst),
            0,
            WireError::Raw { bytes: raw.clone(), end: ConnectionEnd::Rst },
        ),
        (
            Action::Raw(Moment::Applied, raw.clone(), End::Fin),
            1,
            WireError::Raw { bytes: raw, end: ConnectionEnd::Fin },
        ),
    ] {
        let party = Counted::default();
        let seen = carry(vec![action.clone()], request("PUT", Body::full("abc")), &party.party(ten)).await.unwrap_err();
        assert_eq!((seen, party.calls()), (error, calls), "{action:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unwanted_answer_is_read_so_that_its_work_is_done() {
    let (read, done) = tokio::sync::oneshot::channel();
    let work = std::sync::Mutex::new(Some((Body::full("abc").into_stream(), read)));
    let party = Party::from_fn({
        let work = Arc::new(work);
        move |_| {
            let (body, read) = work.lock().unwrap().take().unwrap();
            let last = futures_util::FutureExt::map(std::future::ready(()), |()| read.send(()).unwrap());
            let tail = futures_util::FutureExt::into_stream(last);
            let all = futures_util::StreamExt::chain(body, futures_util::StreamExt::map(tail, |()| Ok(Bytes::new())));
            std::future::ready(Ok(Response::new(Body::stream(all))))
        }
    });
    carry(vec![Action::Break(Moment::Applied, End::Fin)], request("POST", Body::empty()), &party).await.unwrap_err();
    done.await.expect("the answer was read to its end");
}

#[tokio::test(start_paused = true)]
async fn heads_are_edited_on_the_way_in_and_out() {
    let party = Party::from_fn(async |request: Request| {
        let headers = request.headers();
        let text = format!("{} {:?} {:?}", request.method(), headers.get("x-in"), headers.get("host"));
        Ok(Response::new(Body::from(text)))
    });
    let set = |name: &str, value: &str| HeadEdit::Set { name: name.into(), value: value.into() };
    let actions = vec![
        Action::RequestHead(HeadEdit::Remove { name: "X-In".into() }),
        Action::RequestHead(set("host", "wrong.test")),
        Action::RequestHead(HeadEdit::Method(Method::GET)),
        Action::Head(HeadEdit::Status(StatusCode::BAD_GATEWAY)),
        Action::Head(set("retry-after", "7")),
        Action::Head(set("not a name", "7")),
    ];
    let response = carry(actions.clone(), request("POST", Body::empty()), &party).await.unwrap();
    let seen = see(response, tokio::time::Instant::now()).await;
    assert_eq!((seen.status, seen.headers), (502, vec!["retry-after: 7".to_owned()]));
    assert_eq!(seen.bytes, b"GET None Some(\"wrong.test\")");
    let head = carry(actions, request("HEAD", Body::empty()), &party).await.unwrap();
    assert_eq!(head.headers()["content-length"], "27", "HEAD became GET, but its sender takes no body");
    assert_eq!(head.into_body().drain().await, Ok(0));
}

#[tokio::test(start_paused = true)]
async fn bodies_end_early_with_fin_or_rst() {
    for (end, error) in [(End::Fin, WireError::Truncated { received: 6 }), (End::Rst, WireError::Reset)] {
        let seen = strike("GET", vec![Action::Body(BodyEdit::Truncate { at: 6, end })]).await.unwrap();
        assert_eq!((seen.bytes.as_slice(), seen.error), (&b"012345"[..], Some(error)));
        assert_eq!(seen.headers[0], "content-length: 10");
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_stall() {
    let pause = Some(Duration::from_secs(30));
    let seen = strike("GET", vec![Action::Body(BodyEdit::Stall { at: 6, pause })]).await.unwrap();
    assert_eq!((seen.bytes.as_slice(), seen.took), (&b"0123456789"[..], Duration::from_secs(30)));
    let forever = strike("GET", vec![Action::Body(BodyEdit::Stall { at: 6, pause: None })]);
    tokio::time::timeout(Duration::from_secs(86_400), forever).await.expect_err("it never goes on");
}

#[tokio::test(start_paused = true)]
async fn what_comes_before_a_stall_comes_at_once() {
    let party = Counted::default().party(ten);
    let actions = vec![Action::Body(BodyEdit::Stall { at: 6, pause: None })];
    let mut body = carry(actions, request("GET", Body::empty()), &party).await.unwrap().into_body();
    assert_eq!(body.next().await.unwrap().unwrap(), "0123");
    assert_eq!(body.next().await.unwrap().unwrap(), "45");
}

#[tokio::test(start_paused = true)]
async fn bodies_trickle_corrupt_grow_and_are_replaced() {
    let seen = strike("GET", vec![Action::Body(BodyEdit::Trickle { bytes_per_second: 4 })]).await.unwrap();
    assert_eq!((seen.bytes.as_slice(), seen.took), (&b"0123456789"[..], Duration::from_millis(2500)));
    let seen = strike("GET", vec![Action::Body(BodyEdit::Corrupt { at: 5 })]).await.unwrap();
    assert_eq!(seen.bytes, b"01234\xca6789");
    let seen = strike("GET", vec![Action::Body(BodyEdit::Prepend(Bytes::from_static(b"<!--")))]).await.unwrap();
    assert_eq!((seen.bytes.as_slice(), seen.headers[0].as_str()), (&b"<!--0123456789"[..], "content-length: 14"));
    let seen = strike("GET", vec![Action::Body(BodyEdit::Replace(Bytes::from_static(b"{}")))]).await.unwrap();
    assert_eq!((seen.bytes.as_slice(), seen.headers[0].as_str()), (&b"{}"[..], "content-length: 2"));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_length_ends_the_connection_where_the_bytes_end() {
    let more = strike("GET", vec![Action::Body(BodyEdit::LengthOff { by: 5 })]).await.unwrap();
    assert_eq!((more.headers[0].as_str(), more.bytes.len()), ("content-length: 15", 10));
    assert_eq!(more.error, Some(WireError::Truncated { received: 10 }));
    let less = strike("GET", vec![Action::Body(BodyEdit::LengthOff { by: -3 })]).await.unwrap();
    assert_eq!(
        (less.headers[0].as_str(), less.bytes.as_slice(), less.error),
        ("content-length: 7", &b"0123456"[..], None)
    );
    assert!(less.headers.contains(&"connection: close".into()));
    let none = strike("GET", vec![Action::Body(BodyEdit::LengthOff { by: -30 })]).await.unwrap();
    assert_eq!((none.headers[0].as_str(), none.bytes.len()), ("content-length: 0", 0));
}

#[tokio::test(start_paused = true)]
async fn a_request_is_applied_twice_if_it_can_be_kept() {
    let party = Counted::default();
    let answered = party.party(ten);
    carry(vec![Action::Twice], request("PUT", Body::full("abc")), &answered).await.unwrap();
    assert_eq!(party.calls(), 2);
    let large = Body::stream(stream::iter((0..17).map(|_| Ok(Bytes::from(vec![0; 1 << 20])))));
    let request = request("PUT", large);
    let annotations = request.extensions().get::<Annotations>().cloned().unwrap();
    carry(vec![Action::Twice], request, &answered).await.unwrap();
    assert_eq!(party.calls(), 3);
    assert!(notes(&annotations)[1].contains("applied once"));
}

#[tokio::test(start_paused = true)]
async fn a_body_too_large_to_keep_arrives_whole() {
    let party = Party::from_fn(async |request: Request| {
        let length = request.body().length();
        Ok(Response::new(Body::from(format!("{length:?} {}", request.into_body().drain().await?))))
    });
    let size = 17 << 20;
    let large = Body::sized(size, stream::iter((0..17).map(|_| Ok(Bytes::from(vec![0; 1 << 20])))));
    let response = carry(vec![Action::Twice], request("PUT", large), &party).await.unwrap();
    assert_eq!(response.into_body().collect(100).await.unwrap(), format!("Some({size}) {size}"));
}

#[tokio::test(start_paused = true)]
async fn orders_for_the_store_are_in_the_request() {
    let party = Party::from_fn(async |request: Request| {
        let orders = request.extensions().get::<StoreFaults>().cloned();
        Ok(Response::new(Body::from(format!("{orders:?}"))))
    });
    let actions = vec![Action::Store(StoreFault::NotApplied), Action::Store(StoreFault::IgnoreRange)];
    let response = carry(actions, request("GET", Body::empty()), &party).await.unwrap();
    assert_eq!(response.into_body().collect(100).await.unwrap(), "Some(StoreFaults([NotApplied, IgnoreRange]))");
}

fn xml(text: &'static str) -> Party {
    Party::from_fn(move |_| {
        let response = http::Response::builder().header("content-type", "application/xml").body(Body::from(text));
        std::future::ready(Ok(response.unwrap()))
    })
}

const PAGE: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
    "<List xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>false</IsTruncated><Prefix/>",
    "<C><Key>a&amp;b</Key><Size>1</Size></C><C><Key>c</Key></C></List>"
);

#[tokio::test(start_paused = true)]
async fn xml_is_changed_by_element() {
    let text = |text: &str| text.to_owned();
    let actions = vec![
        Action::Xml(XmlEdit::Drop { element: text("C") }),
        Action::Xml(XmlEdit::Set { element: text("IsTruncated"), text: text("true") }),
        Action::Xml(XmlEdit::Set { element: text("Prefix"), text: text("a<b") }),
        Action::Xml(XmlEdit::Add { element: text("NextMarker"), text: text("x&y") }),
    ];
    let response = carry(actions, request("GET", Body::empty()), &xml(PAGE)).await.unwrap();
    let seen = see(response, tokio::time::Instant::now()).await;
    let expected = concat!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
        "<List xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>true</IsTruncated><Prefix>a&lt;b</Prefix>",
        "<NextMarker>x&amp;y</NextMarker></List>"
    );
    assert_eq!(String::from_utf8(seen.bytes).unwrap(), expected);
    assert_eq!(seen.headers[1], format!("content-length: {}", expected.len()));
}

#[tokio::test(start_paused = true)]
async fn elements_at_any_depth_and_odd_documents() {
    let drop = |element: &str| vec![Action::Xml(XmlEdit::Drop { element: element.into() })];
    let add = || vec![Action::Xml(XmlEdit::Add { element: "A".into(), text: "1".into() })];
    for (document, actions, expected) in [
        ("<a><b><c/></b><c>1</c></a>", drop("c"), "<a><b></b></a>"),
        ("<a><b><b>1</b></b>2</a>", drop("b"), "<a>2</a>"),
        ("<a/>", add(), "<a><A>1</A></a>"),
        ("<a><b></a>", drop("x"), "<a><b></a>"),
        ("", drop("x"), ""),
        ("not xml", drop("x"), "not xml"),
    ] {
        let response = carry(actions, request("GET", Body::empty()), &xml(document)).await.unwrap();
        assert_eq!(response.into_body().collect(100).await.unwrap(), expected, "{document}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_xml_is_left_alone() {
    let seen = strike("GET", vec![Action::Xml(XmlEdit::Drop { element: "a".into() })]).await.unwrap();
    assert_eq!(seen.bytes, b"0123456789");
}
