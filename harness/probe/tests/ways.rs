//! What stands on the way to a store and what no fault of the mock alone provokes: gateways, other hosts, sockets that keep silent, slowness.

mod common;

use common::{Lab, SECRET, ids, target};
use http::header::{EXPECT, HOST};
use shakedown_probe::{
    Blame, Decision, Level, Plan, Profile, Report, Severity, Stop, Target, Transport, Unable, Verdict, qualify,
};
use shakedown_s3call::Credentials;
use shakedown_wire::network::{self, NetworkOptions};
use shakedown_wire::server;
use shakedown_wire::{Body, Clock, Party, Request, WireError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn plan(only: &[&str]) -> Plan {
    Plan { only: only.iter().map(|id| (*id).to_owned()).collect(), ..Plan::new(Level::Quick, 7) }
}

async fn run(target: Target, party: Party, clock: Clock, plan: Plan) -> Result<Report, Unable> {
    let transport = Transport { pooled: party.clone(), fresh: party, sockets: false };
    qualify(target, transport, clock, plan, &Stop::default(), &|_, _, _| {}).await
}

/// Puts this Host on everything: what nginx does without `proxy_set_header Host`.
fn replaces_host(inner: Party, host: &'static str) -> Party {
    Party::from_fn(move |mut request: Request| {
        request.headers_mut().insert(HOST, host.parse().expect("a value"));
        let inner = inner.clone();
        async move { inner.send(request).await }
    })
}

#[tokio::test(start_paused = true)]
async fn a_lost_host_is_told_from_a_wrong_key() {
    for (seen_as, behind) in [("s3.test:9000", Some("http://s3.test:9000")), ("gateway.test", None)] {
        let lab = Lab::new(None);
        let gateway = || replaces_host(lab.mock.party(), seen_as);
        let behind = behind.map(|uri| uri.parse().expect("a URL"));
        let way = Target { behind, ..target("http://gateway.test:8080") };
        let report =
            run(way.clone(), gateway(), lab.clock.clone(), Plan::new(Level::Quick, 7)).await.expect("a report");
        assert_eq!(ids(&report, Verdict::Failed), ["addr.host_port"]);
        let failed = &report.results[0];
        assert_eq!(failed.blame, Some(Blame::Gateway));
        let reason = failed.reason.as_deref().unwrap_or_default();
        assert!(reason.contains(&format!("signed for {seen_as} it is 200")), "{reason}");
        assert!(report.profiles.iter().all(|profile| profile.decision == Decision::NotQualified));
        lab.is_clean(&report);
        let wrong = Credentials { secret_key: "wrong".into(), ..way.credentials.clone() };
        let denied = run(Target { credentials: wrong, ..way }, gateway(), lab.clock.clone(), plan(&[])).await;
        assert!(matches!(denied, Err(Unable::Denied(_))), "{denied:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_address_that_answers_otherwise_is_seen() {
    let html = shakedown_s3::profiles::profile("gateway-html-errors").expect("a profile");
    let (lab, other) = (Lab::new(None), Lab::new(Some(html)));
    let (mock, pages) = (lab.mock.party(), replaces_host(other.mock.party(), "s3.test"));
    let party = Party::from_fn(move |request: Request| {
        let way = if request.uri().host() == Some("public.test") { pages.clone() } else { mock.clone() };
        async move { way.send(request).await }
    });
    let public = Some("http://public.test".parse().expect("a URL"));
    let way = Target { public, ..lab.target() };
    let report = run(way, party, lab.clock.clone(), plan(&["err.", "pre."])).await.expect("a report");
    assert_eq!(ids(&report, Verdict::Failed), ["err.same_via_gateway", "pre.public_host"]);
    lab.is_clean(&report);
}

#[tokio::test(start_paused = true)]
async fn what_is_slow_is_told_and_fails_nothing() {
    let fault =
        "[{ on: s3, when: { operation: ListMultipartUploads, key: '**/perf.ops/**' }, effect: { delay: 400ms } }]";
    let faults = serde_saphyr::from_str(fault).expect("a fault");
    let lab = Lab::with(&shakedown_s3::profiles::Settings::default(), faults, Clock::virtual_time());
    let report = lab.qualify(plan(&["perf."])).await;
    let result = report.result("perf.ops").expect("it was asked");
    assert_eq!(result.verdict, Verdict::Passed);
    assert_eq!(result.measures["list_uploads_p95_ms"], 400.0);
    assert_eq!(result.notes, ["list_uploads_p95 is 400 ms; above 300 ms every push is slow"]);
}

#[tokio::test(start_paused = true)]
async fn slow_copies_and_listings_that_grow_with_open_uploads_are_told() {
    let faults = "
- { on: s3, when: { operation: UploadPartCopy, key: '**/perf.copy_throughput/**' }, effect: { delay: 2s } }
- { on: s3, when: { operation: ListMultipartUploads, key: '**/perf.many_mpu/**', calls: { from: 21 } }, effect: { delay: 80ms } }";
    let faults = serde_saphyr::from_str(faults).expect("faults");
    let lab = Lab::with(&shakedown_s3::profiles::Settings::default(), faults, Clock::virtual_time());
    let only = vec!["perf.copy".into(), "perf.many".into()];
    let report = lab.qualify(Plan { only, ..Plan::new(Level::Standard, 7) }).await;
    assert_eq!(ids(&report, Verdict::Failed), [""; 0]);
    let said = |id: &str| report.result(id).expect("it was asked").notes.join(" ");
    assert_eq!(said("perf.copy_throughput"), "a GiB takes 102 s to copy; above 30 s the client's PUT meets time-outs");
    assert_eq!(
        said("perf.many_mpu"),
        "the listing of an upload takes 80 ms with a thousand open ones and 0 ms without"
    );
}

/// Puts this on every answer of the mock.
fn answers(lab: &Lab, change: fn(&Request) -> Option<u16>, version: http::Version) -> Party {
    let inner = lab.mock.party();
    Party::from_fn(move |request: Request| {
        let (inner, status) = (inner.clone(), change(&request));
        async move {
            let mut answer = inner.send(request).await?;
            *answer.version_mut() = version;
            if let Some(status) = status {
                *answer.status_mut() = http::StatusCode::from_u16(status).expect("a status");
            }
            Ok(answer)
        }
    })
}

#[tokio::test(start_paused = true)]
async fn an_old_protocol_is_told() {
    for (version, fails) in
        [(http::Version::HTTP_10, true), (http::Version::HTTP_11, false), (http::Version::HTTP_2, false)]
    {
        let lab = Lab::new(None);
        let plan = Plan { only: vec!["http.http2".into()], ..Plan::new(Level::Standard, 7) };
        let party = answers(&lab, |_| None, version);
        let report = run(lab.target(), party, lab.clock.clone(), plan).await.expect("a report");
        assert_eq!(report.ids(Verdict::Failed).len(), usize::from(fails), "{version:?}");
        assert_eq!(report.profiles[0].decision, Decision::Qualified);
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_hides_what_is_missing_is_seen_with_the_registrys_own_keys() {
    // The mock has no policies: who signs with these keys gets no 404.
    let hidden = |request: &Request| {
        let by = request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let limited = by.contains("Credential=AKREGISTRY/") && request.uri().path().ends_with("/absent");
        limited.then_some(403)
    };
    let registry = Credentials { access_key: "AKREGISTRY".into(), secret_key: "theirs".into(), session_token: None };
    for (party, verdict) in [(Some(()), Verdict::Failed), (None, Verdict::Passed)] {
        let lab = Lab::new(None);
        lab.mock.configure(|config| config.credentials.push(shakedown_s3::Credential::new("AKREGISTRY", "theirs")));
        let party = party.map_or_else(|| lab.mock.party(), |()| answers(&lab, hidden, http::Version::HTTP_11));
        let target = Target { registry: Some(registry.clone()), ..lab.target() };
        let report = run(target, party, lab.clock.clone(), plan(&["auth.least_priv"])).await.expect("a report");
        assert_eq!(report.results[0].verdict, verdict, "{:?}", report.results[0].reason);
        assert!(!serde_json::to_string(&report).expect("JSON").contains("theirs"), "the registry's secret is shown");
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_clients_refuse_is_a_blocker_of_redirects() {
    for valid in [false, true] {
        let lab = Lab::new(None);
        let mock = lab.mock.party();
        let party = Party::from_fn(move |request: Request| {
            let mock = mock.clone();
            let refused = request.uri().host() == Some("public.test") && !valid;
            async move {
                match refused {
                    true => Err(WireError::Tls { reason: "invalid peer certificate: UnknownIssuer".into() }),
                    false => mock.send(request).await,
                }
            }
        });
        let public = Some("https://public.test".parse().expect("a URL"));
        let way = Target { public, ..lab.target() };
        let report = run(way, party, lab.clock.clone(), plan(&["pre.tls_chain"])).await.expect("a report");
        let result = report.result("pre.tls_chain").expect("it was asked");
        assert_eq!(result.verdict == Verdict::Passed, valid, "{result:?}");
        assert_eq!(result.severity[&Profile::Harbor], Severity::Blocker);
        lab.is_clean(&report);
    }
}

/// Without interim answers: what hyper sends by itself is what this server leaves out. `refuses` answers 417 instead.
async fn without_100(listener: tokio::net::TcpListener, mock: Party, refuses: bool) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mock = mock.clone();
        tokio::spawn(async move {
            let mut seen = Vec::new();
            let mut buffer = vec![0; 64 << 10];
            loop {
                let end = seen.windows(4).position(|bytes| bytes == b"\r\n\r\n");
                let Some(end) = end else {
                    match stream.read(&mut buffer).await {
                        Ok(read @ 1..) => seen.extend_from_slice(&buffer[..read]),
                        _ => return,
                    }
                    continue;
                };
                let head = String::from_utf8_lossy(&seen[..end]).into_owned();
                let mut lines = head.lines();
                let first: Vec<_> = lines.next().unwrap_or_default().split(' ').collect();
                let mut request = http::Request::builder().method(first[0]).uri(format!("http://s3.test{}", first[1]));
                let mut length = 0;
                for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
                    if name.eq_ignore_ascii_case("content-length") {
                        length = value.parse().expect("a length");
                    }
                    request = request.header(name, value);
                }
                let mut body = seen[end + 4..].to_vec();
                let expects = request.headers_ref().is_some_and(|headers| headers.contains_key(EXPECT));
                if expects && refuses {
                    let _ = stream
                        .write_all(b"HTTP/1.1 417 Expectation Failed\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                        .await;
                    return;
                }
                while body.len() < length {
                    match stream.read(&mut buffer).await {
                        Ok(read @ 1..) => body.extend_from_slice(&buffer[..read]),
                        _ => return,
                    }
                }
                let request = request.body(Body::full(body)).expect("a request");
                let (head, body) = mock.send(request).await.expect("an answer").into_parts();
                let body = body.collect(1 << 20).await.expect("a body");
                let mut answer = format!(
                    "HTTP/1.1 {} x\r\nconnection: close\r\ncontent-length: {}\r\n",
                    head.status.as_u16(),
                    body.len()
                );
                for (name, value) in head.headers.iter().filter(|(name, _)| *name != http::header::CONTENT_LENGTH) {
                    answer.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap_or_default()));
                }
                answer.push_str("\r\n");
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.write_all(&body).await;
                return;
            }
        });
    }
}

#[tokio::test]
async fn a_server_that_never_says_100_is_seen_and_one_that_says_417_is_a_blocker() {
    for refuses in [false, true] {
        let lab = Lab::with(&shakedown_s3::profiles::Settings::default(), Vec::new(), Clock::real_time());
        let listener = server::bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("bound"));
        let serving = tokio::spawn(without_100(listener, lab.mock.party(), refuses));
        let way = network::client(&NetworkOptions { idle_connections: 0, ..NetworkOptions::default() });
        let transport = Transport { pooled: way.clone(), fresh: way, sockets: true };
        let (clock, plan) = (lab.clock.clone(), plan(&["http.expect_100"]));
        let report = qualify(target(&endpoint), transport, clock, plan, &Stop::default(), &|_, _, _| {}).await;
        let report = report.expect("a report");
        let result = report.result("http.expect_100").expect("it was asked");
        assert_eq!(result.verdict, Verdict::Failed, "{result:?}");
        let (says, decision) = match refuses {
            true => ("417", Decision::NotQualified),
            false => ("no 100 within a second", Decision::Qualified),
        };
        assert!(result.reason.as_ref().is_some_and(|reason| reason.contains(says)), "{:?}", result.reason);
        assert_eq!(report.profiles[0].decision, decision);
        assert!(!serde_json::to_string(&report).expect("JSON").contains(SECRET));
        serving.abort();
    }
}
