//! What the recorder keeps of good, broken, running and abandoned exchanges.

use std::time::Duration;

use bytes::Bytes;
use sha2::Digest;

use super::*;
use crate::{Annotation, Annotations, FaultNote, TRACE_HEADER, TraceId};

fn put(body: Body) -> Request {
    http::Request::put("http://user:hunter2@s3.test/bucket/key?X-Amz-Signature=abc")
        .header("authorization", "Bearer hunter2")
        .header(TRACE_HEADER, TraceId(7).to_header())
        .body(body)
        .unwrap()
}

fn lane() -> Lane {
    Lane::new("registry", "s3")
}

/// Reads the request, waits 2 ms, answers its length.
fn counting() -> Party {
    Party::from_fn(async |request: Request| {
        Annotations::note(
            &request,
            Annotation::Fault(FaultNote { rule: 1, effect: "delay".into(), summary: "2 ms late".into(), nth: 0 }),
        );
        let count = request.into_body().drain().await?;
        tokio::time::sleep(Duration::from_millis(2)).await;
        Ok(http::Response::new(Body::from(format!("{count} bytes"))))
    })
}

fn frames(items: Vec<Result<&'static str, WireError>>) -> impl futures_util::Stream<Item = Result<Bytes, WireError>> {
    futures_util::stream::iter(items.into_iter().map(|item| item.map(|text| Bytes::from_static(text.as_bytes()))))
}

#[tokio::test(start_paused = true)]
async fn an_exchange_is_recorded_whole_and_without_secrets() {
    let recorder = Recorder::new(Clock::virtual_time(), 10);
    let party = recorder.layer(lane(), counting());
    let answer = party.send(put(Body::stream(frames(vec![Ok("abc"), Ok("def")])))).await.unwrap();
    assert_eq!(recorder.exchanges()[0].end_us, None, "the body of the answer is still to be read");
    assert_eq!(answer.into_body().collect(100).await.unwrap(), "6 bytes");
    let exchange = &recorder.exchanges()[0];
    assert_eq!(exchange.trace, Some(TraceId(7)));
    assert_eq!(exchange.request.body.digest, Some(format!("sha256:{}", hex::encode(sha2::Sha256::digest("abcdef")))));
    assert_eq!(exchange.faults.len(), 1);
    insta::assert_json_snapshot!(exchange);
    assert!(!serde_json::to_string(exchange).unwrap().contains("hunter2"));
}

#[tokio::test(start_paused = true)]
async fn errors_and_broken_bodies_are_recorded() {
    let recorder = Recorder::new(Clock::virtual_time(), 10);
    let refused = recorder.layer(lane(), Party::from_fn(async |_| Err(WireError::Reset)));
    refused.send(put(Body::empty())).await.unwrap_err();
    let broken = Party::from_fn(async |_| {
        Ok(http::Response::new(Body::sized(6, frames(vec![Ok("abc"), Err(WireError::Reset)]))))
    });
    let broken = recorder.layer(lane(), broken);
    broken.send(put(Body::empty())).await.unwrap().into_body().drain().await.unwrap_err();
    let [first, second] = &recorder.exchanges()[..] else { panic!("two exchanges") };
    assert_eq!((first.error.as_deref(), first.response.is_none()), (Some("the connection was reset"), true));
    assert_eq!(second.error.as_deref(), Some("the connection was reset"));
    let body = &second.response.as_ref().unwrap().body;
    assert_eq!((body.bytes, body.complete, body.excerpt.as_str()), (3, false, "abc"));
    assert!(first.end_us.is_some() && second.end_us.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_nobody_finishes_is_incomplete() {
    let recorder = Recorder::new(Clock::virtual_time(), 10);
    let party = Party::from_fn(async |_| Ok(http::Response::new(Body::sized(6, frames(vec![Ok("abc"), Ok("def")])))));
    let party = recorder.layer(lane(), party);
    let mut body = party.send(put(Body::empty())).await.unwrap().into_body();
    body.next().await.unwrap().unwrap();
    drop(body);
    let mut body = party.send(put(Body::empty())).await.unwrap().into_body();
    body.next().await.unwrap().unwrap();
    body.next().await.unwrap().unwrap();
    drop(body);
    let complete: Vec<_> = recorder.exchanges().iter().map(|e| e.response.as_ref().unwrap().body.complete).collect();
    assert_eq!(complete, [false, true], "one who knows the length need not ask for the end");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_is_recorded() {
    let recorder = Recorder::new(Clock::virtual_time(), 10);
    let party = recorder.layer(lane(), Party::from_fn(async |_| std::future::pending().await));
    let call = party.send(put(Body::full("abc")));
    tokio::time::timeout(Duration::from_millis(5), call).await.unwrap_err();
    let exchange = &recorder.exchanges()[0];
    assert_eq!((exchange.error.as_deref(), exchange.end_us), (Some("the client left"), Some(5000)));
    assert!(!exchange.request.body.complete);
}

#[tokio::test(start_paused = true)]
async fn the_limit_holds_and_numbers_go_on() {
    let recorder = Recorder::new(Clock::virtual_time(), 1).without_digests();
    let party = recorder.layer(lane(), counting());
    for _ in 0..3 {
        party.send(put(Body::full("abc"))).await.unwrap().into_body().drain().await.unwrap();
    }
    assert_eq!((recorder.exchanges().len(), recorder.dropped(), recorder.next_seq()), (1, 2, 1));
    assert_eq!(recorder.exchanges()[0].request.body.digest, None);
    recorder.clear();
    party.send(put(Body::full("abc"))).await.unwrap().into_body().drain().await.unwrap();
    assert_eq!((recorder.since(1).len(), recorder.since(2).len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_secret_registered_later_is_replaced_too() {
    let recorder = Recorder::new(Clock::virtual_time(), 10);
    let party = recorder.layer(lane(), counting());
    party.send(put(Body::full("the key is sesame"))).await.unwrap().into_body().drain().await.unwrap();
    recorder.secret("sesame");
    assert_eq!(recorder.exchanges()[0].request.body.excerpt, "the key is REDACTED");
}

#[tokio::test(start_paused = true)]
async fn the_answer_to_head_is_complete_without_a_body() {
    let recorder = Recorder::new(Clock::virtual_time(), 10);
    let party = Party::from_fn(async |_| Ok(http::Response::new(Body::sized(6, frames(vec![])))));
    let request = http::Request::head("http://s3.test/").body(Body::empty()).unwrap();
    recorder.layer(lane(), party).send(request).await.unwrap();
    let exchange = &recorder.exchanges()[0];
    assert!(exchange.response.as_ref().unwrap().body.complete && exchange.end_us.is_some());
}
