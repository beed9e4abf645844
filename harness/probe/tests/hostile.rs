//! Endpoints that mean harm, or are broken beyond S3: each run ends within its budget of requests, bytes and time, says so, and never says
//! that a registry would run there.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use common::{Lab, ids, target};
use futures_util::stream;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use shakedown_probe::{Decision, Level, Plan, Report, Stop, Transport, Unable, Verdict, clean, qualify};
use shakedown_wire::network::{self, NetworkOptions};
use shakedown_wire::server::{self, ServerOptions};
use shakedown_wire::{Body, Clock, ConnectionEnd, Party, Request, Response, WireError};

/// Answers instead of the store, if it is to.
type Harm = fn(&Request, u64) -> Option<Result<Response, WireError>>;

fn answer(status: u16, kind: &str, body: Body) -> Option<Result<Response, WireError>> {
    let answer = http::Response::builder().status(status).header(CONTENT_TYPE, kind).body(body);
    Some(Ok(answer.expect("a valid answer")))
}

fn xml(text: String) -> Option<Result<Response, WireError>> {
    answer(200, "application/xml", Body::full(text))
}

fn query(request: &Request) -> &str {
    request.uri().query().unwrap_or_default()
}

fn is_listing(request: &Request) -> bool {
    *request.method() == http::Method::GET && (query(request).contains("prefix=") || query(request).contains("uploads"))
}

/// The look before everything else: what lies under our prefix.
fn is_preflight(request: &Request) -> bool {
    query(request).contains("max-keys=2")
}

/// A store on which `harm` strikes, from the first request after the preflight on. Gives also how many requests it got.
fn store(harm: Harm, from_the_start: bool) -> (Lab, Party, Arc<AtomicU64>) {
    let lab = Lab::new(None);
    let (mock, asked) = (lab.mock.party(), Arc::new(AtomicU64::new(0)));
    let count = asked.clone();
    let party = Party::from_fn(move |request: Request| {
        let nth = count.fetch_add(1, Ordering::Relaxed);
        let (mock, spared) = (mock.clone(), is_preflight(&request) && !from_the_start);
        let harmed = if spared { None } else { harm(&request, nth) };
        async move {
            match harmed {
                Some(outcome) => outcome,
                None => mock.send(request).await,
            }
        }
    });
    (lab, party, asked)
}

async fn asked(party: Party, clock: Clock, plan: Plan) -> Result<Report, Unable> {
    let transport = Transport { pooled: party.clone(), fresh: party, sockets: false };
    qualify(target("http://s3.test"), transport, clock, plan, &Stop::default(), &|_, _, _| {}).await
}

/// A page that says that there is more, always.
fn endless_listings(request: &Request, nth: u64) -> Option<Result<Response, WireError>> {
    if !is_listing(request) {
        return None;
    }
    let root = if query(request).contains("uploads") { "ListMultipartUploadsResult" } else { "ListBucketResult" };
    xml(format!(
        "<{root}><IsTruncated>true</IsTruncated><NextMarker>{nth}</NextMarker><NextContinuationToken>{nth}\
         </NextContinuationToken><NextKeyMarker>{nth}</NextKeyMarker><NextUploadIdMarker>{nth}</NextUploadIdMarker>\
         <Contents><Key>{nth}</Key><Size>1</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents></{root}>"
    ))
}

/// A gigabyte (and more) of error.
fn endless_bodies(_: &Request, _: u64) -> Option<Result<Response, WireError>> {
    let page = Bytes::from(vec![b'x'; 1 << 20]);
    answer(500, "text/html", Body::sized(1 << 30, stream::iter((0..1024).map(move |_| Ok(page.clone())))))
}

/// One byte every five seconds: never silent, never done.
fn slow_drip(_: &Request, _: u64) -> Option<Result<Response, WireError>> {
    let drops = stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        Some((Ok(Bytes::from_static(b" ")), ()))
    });
    answer(200, "application/xml", Body::stream(drops))
}

fn entities(_: &Request, _: u64) -> Option<Result<Response, WireError>> {
    let levels: String =
        (1..10).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
    xml(format!("<!DOCTYPE l [<!ENTITY l0 \"lol\">{levels}]><ListBucketResult><Name>&l9;</Name></ListBucketResult>"))
}

fn deep_nesting(_: &Request, _: u64) -> Option<Result<Response, WireError>> {
    xml("<ListBucketResult>".repeat(100_000))
}

fn many_elements(_: &Request, _: u64) -> Option<Result<Response, WireError>> {
    xml(format!("<ListBucketResult>{}</ListBucketResult>", "<a/>".repeat(250_000)))
}

fn redirects(request: &Request, _: u64) -> Option<Result<Response, WireError>> {
    let host = request.uri().host().unwrap_or_default();
    assert!(host.ends_with("s3.test"), "somebody followed a redirect with a signed request to {host}");
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = http::StatusCode::TEMPORARY_REDIRECT;
    answer.headers_mut().insert(LOCATION, "http://elsewhere.test/steal".parse().expect("a value"));
    answer.headers_mut().insert(CONTENT_LENGTH, 0.into());
    Some(Ok(answer))
}

#[tokio::test(start_paused = true)]
async fn harm_ends_in_a_verdict_within_the_budgets() {
    let harms: [(&str, Harm); 7] = [
        ("endless listings", endless_listings),
        ("gigabyte bodies", endless_bodies),
        ("slow drip", slow_drip),
        ("entities", entities),
        ("deep nesting", deep_nesting),
        ("many elements", many_elements),
        ("redirects elsewhere", redirects),
    ];
    for (name, harm) in harms {
        for from_the_start in [false, true] {
            let (lab, party, requests) = store(harm, from_the_start);
            let began = tokio::time::Instant::now();
            // Parsing that many is slow in a build for tests, and every probe parses with the same limit.
            let only = if name == "many elements" { vec!["list.".to_owned(), "auth.sigv4".to_owned()] } else { vec![] };
            let plan = Plan { only, ..Plan::new(Level::Quick, 7) };
            let outcome = asked(party, lab.clock.clone(), plan.clone()).await;
            let (took, requests) = (began.elapsed(), requests.load(Ordering::Relaxed));
            assert!(took < plan.deadline + Duration::from_secs(600), "{name}: {took:?}");
            assert!(requests <= plan.requests() + 2000, "{name}: {requests} requests");
            match outcome {
                Ok(report) => {
                    let good = report.profiles.iter().find(|p| p.decision < Decision::Undecided);
                    assert_eq!(good, None, "{name}: {:?}", report.ended_early);
                    assert!(report.bytes <= plan.bytes() + (128 << 20), "{name}: {} bytes", report.bytes);
                    let said = report.ids(Verdict::Failed).len() + report.ids(Verdict::NotRun).len();
                    assert!(said > 0, "{name}");
                }
                Err(unable) => assert!(from_the_start, "{name}: {unable}"),
            }
        }
    }
}

#[tokio::test]
async fn wrong_framing_is_a_failure_with_its_reason() {
    let list = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
    let answers = [
        ("too short", format!("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{list}")),
        ("two lengths", format!("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 7\r\n\r\n{list}")),
        ("bad chunks", format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{list}")),
        ("no HTTP", "220 ftp.test ready\r\n".to_owned()),
        ("endless head", format!("HTTP/1.1 200 OK\r\nx: {}", "x".repeat(1 << 20))),
        ("nothing", String::new()),
    ];
    for (name, raw) in answers {
        let bytes = Bytes::from(raw);
        let party = Party::from_fn(move |request: Request| {
            let bytes = bytes.clone();
            async move {
                request.into_body().drain().await?;
                Err::<Response, _>(WireError::Raw { bytes, end: ConnectionEnd::Fin })
            }
        });
        let listener = server::bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        let server = server::serve(listener, party, ServerOptions::default());
        let way = network::client(&NetworkOptions::default());
        let transport = Transport { pooled: way.clone(), fresh: way, sockets: true };
        let (target, plan) = (target(&server.base_uri()), Plan::new(Level::Quick, 7));
        let outcome = tokio::time::timeout(
            Duration::from_secs(20),
            qualify(target, transport, Clock::real_time(), plan, &Stop::default(), &|_, _, _| {}),
        )
        .await
        .unwrap_or_else(|_| panic!("{name}: it hangs"));
        let report = outcome.unwrap_or_else(|unable| panic!("{name}: {unable}"));
        assert_eq!(ids(&report, Verdict::Failed), ["preflight"], "{name}");
        assert!(report.profiles.iter().all(|p| p.decision == Decision::NotQualified), "{name}");
        assert!(report.results[0].reason.as_ref().is_some_and(|reason| !reason.is_empty()), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_lag_of_upload_listings_is_measured_within_a_tenth() {
    for lag in [500_u64, 2000] {
        let fault = format!(
            "[{{ on: s3, when: {{ operation: CreateMultipartUpload }}, \
             effect: {{ visible-after: {{ what: multipart-uploads, delay: {lag}ms }} }} }}]"
        );
        let faults = serde_saphyr::from_str(&fault).expect("a fault");
        let lab = Lab::with(&shakedown_s3::profiles::Settings::default(), faults, Clock::virtual_time());
        let plan = Plan { only: vec!["mpu.list_immediate".into()], ..Plan::new(Level::Quick, 7) };
        let report = lab.qualify(plan).await;
        let result = report.result("mpu.list_immediate").expect("it was asked");
        for measure in ["lag_p50_ms", "lag_max_ms"] {
            let (seen, due) = (result.measures[measure], lag as f64);
            assert!((seen - due).abs() <= due / 10.0, "{measure}: {seen} ms of {due} ms");
        }
        assert_eq!(result.measures["missed"], result.measures["of"], "each one was late");
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_run_removes_everything_it_wrote() {
    let lab = Lab::new(None);
    let (stop, mock) = (Stop::default(), lab.mock.clone());
    let ending = stop.clone();
    // In the middle of a probe: an upload of its is open.
    let inner = mock.party();
    let party = Party::from_fn(move |request: Request| {
        if mock.admin().uploads(common::BUCKET).len() == 1 && query(&request).contains("partNumber=2") {
            ending.stop();
        }
        let inner = inner.clone();
        async move { inner.send(request).await }
    });
    let transport = Transport { pooled: party.clone(), fresh: party, sockets: false };
    let plan = Plan::new(Level::Quick, 7);
    let report =
        qualify(lab.target(), transport, lab.clock.clone(), plan, &stop, &|_, _, _| {}).await.expect("a report");
    assert_eq!(report.ended_early.as_deref(), Some("interrupted"));
    assert!(!report.ids(Verdict::NotRun).is_empty());
    lab.is_clean(&report);
}

#[tokio::test(start_paused = true)]
async fn what_a_crashed_run_left_is_cleaned_and_nothing_else() {
    let lab = Lab::new(None);
    let party = lab.mock.party();
    let transport = Transport { pooled: party.clone(), fresh: party, sockets: false };
    let stop = Stop::default();
    let nothing = |_: &'static shakedown_probe::Probe, _: usize, _: usize| {};
    {
        let run =
            qualify(lab.target(), transport.clone(), lab.clock.clone(), Plan::new(Level::Quick, 7), &stop, &nothing);
        tokio::pin!(run);
        // A crash: the future is dropped as soon as it has an upload open.
        loop {
            tokio::select! {
                biased;
                () = tokio::task::yield_now() => {}
                _ = &mut run => panic!("it ended before it was crashed"),
            }
            if !lab.mock.admin().uploads(common::BUCKET).is_empty() {
                break;
            }
        }
    }
    // Of the same shape, without the mark of a run; and somebody's own.
    let theirs = ["shakedown-qualify-00000000000000ff/theirs", "docker/registry/v2/blobs/data"];
    let other = Lab::target(&lab);
    for key in theirs {
        common::put(&lab, &other, key).await;
    }
    let young =
        clean(lab.target(), transport.clone(), lab.clock.clone(), Duration::from_secs(3600)).await.expect("done");
    assert_eq!((young.prefixes.len(), young.skipped.len()), (0, 2), "it may be running: {young:?}");
    let done = clean(lab.target(), transport, lab.clock.clone(), Duration::ZERO).await.expect("done");
    assert_eq!(done.prefixes, ["shakedown-qualify-0000000000000007/"], "{done:?}");
    assert!(done.uploads > 0 && done.left_behind.is_empty(), "{done:?}");
    let left: Vec<_> = lab.mock.admin().list(common::BUCKET, "").into_iter().map(|entry| entry.key).collect();
    assert_eq!(left, ["docker/registry/v2/blobs/data", "shakedown-qualify-00000000000000ff/theirs"]);
    assert!(lab.mock.admin().uploads(common::BUCKET).is_empty());
}
