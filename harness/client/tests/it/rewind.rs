//! Incident J01: a request that is refused with 401 after its body was read is repeated with the whole body, or not at all.

use std::sync::{Arc, Mutex};

use http::{Method, Response};
use shakedown_client::{Blob, Client, ClientOptions, Credentials, PushBlob, PushMode, Secret};
use shakedown_wire::{Body, Clock, MemoryNet, Party, Request};

use crate::fake::{Fake, repository};

/// Requests with content: method, bytes that came.
type Came = Arc<Mutex<Vec<(Method, usize)>>>;

/// A registry that reads the first request of `method` to its end and answers 401; from then on it wants the password.
fn refusing(fake: &Fake, method: Method) -> (MemoryNet, Came) {
    let (came, inner) = (Came::default(), fake.party());
    let seen = came.clone();
    let party = Party::from_fn(move |request: Request| {
        let (inner, seen, method) = (inner.clone(), seen.clone(), method.clone());
        async move {
            let (head, body) = request.into_parts();
            let bytes = body.collect(1 << 20).await?;
            let is_first = head.method == method && !seen.lock().unwrap().iter().any(|(known, _)| *known == method);
            if matches!(head.method, Method::PUT | Method::PATCH) {
                seen.lock().unwrap().push((head.method.clone(), bytes.len()));
            }
            if is_first {
                let refused = Response::builder().status(401).header("www-authenticate", "Basic realm=\"x\"");
                return Ok(refused.body(Body::empty()).unwrap());
            }
            inner.send(Request::from_parts(head, Body::full(bytes))).await
        }
    });
    let net = MemoryNet::new();
    net.listen("registry.test", party);
    (net, came)
}

fn client(net: &MemoryNet) -> Client {
    let credentials = Credentials::Basic { username: "ann".into(), password: Secret::new("pw") };
    let options = ClientOptions::new("http://registry.test".parse().unwrap(), Clock::virtual_time());
    Client::new(net.party(), ClientOptions { credentials, ..options })
}

/// Whether the refused request and the one that repeats it brought as many bytes.
fn is_rewound(came: &Came, method: &Method, whole: usize) -> bool {
    let came = came.lock().unwrap();
    let of_method: Vec<usize> = came.iter().filter(|(known, _)| known == method).map(|(_, bytes)| *bytes).collect();
    of_method == [whole, whole]
}

#[tokio::test(start_paused = true)]
async fn content_that_was_refused_is_sent_again_from_its_begin() {
    let blob = Blob::bytes("a/b", vec![7; 70_000]);
    for (mode, method) in [(PushMode::Streamed, Method::PATCH), (PushMode::Monolithic, Method::PUT)] {
        let (net, came) = refusing(&Fake::default(), method.clone());
        let how = PushBlob { mode, ..Default::default() };
        client(&net).push_blob(&repository(), &blob, &how).await.unwrap();
        assert!(is_rewound(&came, &method, 70_000), "{method}: {came:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_cannot_be_had_again_is_not_sent_without_its_bytes() {
    let (net, came) = refusing(&Fake::default(), Method::PUT);
    let frames = futures_util::stream::iter([Ok(vec![7; 50].into())]);
    let request = Request::new(Body::stream(frames));
    let (mut head, body) = request.into_parts();
    (head.method, head.uri) = (Method::PUT, "http://registry.test/v2/lab/app/blobs/uploads/1".parse().unwrap());
    let answer = client(&net).call(Request::from_parts(head, body)).await.unwrap();
    assert_eq!((answer.status().as_u16(), came.lock().unwrap().clone()), (401, vec![(Method::PUT, 50)]));
}

/// The client of the incident: one body for both tries.
#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_rewind_is_seen() {
    let (net, came) = refusing(&Fake::default(), Method::PUT);
    let source = Arc::new(Mutex::new(vec![bytes::Bytes::from(vec![7; 50])].into_iter()));
    for _ in 0..2 {
        let source = source.clone();
        let frames =
            futures_util::stream::poll_fn(move |_| std::task::Poll::Ready(source.lock().unwrap().next().map(Ok)));
        let request = http::Request::put("http://registry.test/v2/nothing-here").body(Body::stream(frames)).unwrap();
        net.party().send(request).await.unwrap();
    }
    assert!(!is_rewound(&came, &Method::PUT, 50), "{came:?}");
}
