//! What a fault looks like does not depend on the transport: in memory as over TCP.

use http::StatusCode;
use shakedown_faults::{Answer, BodyEdit, End, HeadEdit, Moment};
use shakedown_wire::MemoryNet;
use shakedown_wire::network::{NetworkOptions, client};
use shakedown_wire::server::{ServerOptions, bind, serve};

use super::*;

fn cases() -> Vec<Vec<Action>> {
    let raw = |text: &'static str| Bytes::from_static(text.as_bytes());
    let answer = Answer { status: StatusCode::NOT_FOUND, headers: vec![], body: raw("<html>"), read_request: false };
    let mut cases: Vec<Vec<Action>> = [Moment::Before, Moment::Applied]
        .into_iter()
        .flat_map(|moment| {
            [
                Action::Answer(moment, answer.clone()),
                Action::Break(moment, End::Fin),
                Action::Break(moment, End::Rst),
                Action::Raw(moment, raw("SSH-2.0-OpenSSH\r\n"), End::Fin),
                Action::Raw(moment, raw("HTTP/1.1 200 OK\r\n"), End::Rst),
            ]
        })
        .map(|action| vec![action])
        .collect();
    let edits = [
        BodyEdit::Truncate { at: 0, end: End::Fin },
        BodyEdit::Truncate { at: 7, end: End::Fin },
        BodyEdit::Truncate { at: 7, end: End::Rst },
        BodyEdit::Truncate { at: 10, end: End::Rst },
        BodyEdit::Stall { at: 3, pause: Some(Duration::from_millis(5)) },
        BodyEdit::Corrupt { at: 9 },
        BodyEdit::LengthOff { by: 4 },
        BodyEdit::LengthOff { by: -4 },
        BodyEdit::Replace(raw("new")),
        BodyEdit::Prepend(raw("new")),
    ];
    cases.extend(edits.map(|edit| vec![Action::Body(edit)]));
    cases.push(vec![Action::Head(HeadEdit::Status(StatusCode::NO_CONTENT))]);
    cases.push(vec![Action::Twice, Action::Head(HeadEdit::Remove { name: "content-length".into() })]);
    cases
}

async fn outcome(result: Result<Response, WireError>) -> String {
    match result {
        // The words of a parser differ; that it is no HTTP does not.
        Err(WireError::Malformed { .. }) => "malformed".into(),
        Err(error) => error.to_string(),
        Ok(response) => {
            let seen = see(response, tokio::time::Instant::now()).await;
            let kept = |line: &&String| line.starts_with("content-length") || line.starts_with("etag");
            let headers: Vec<_> = seen.headers.iter().filter(kept).collect();
            format!("{} {headers:?} {:?} {:?}", seen.status, String::from_utf8_lossy(&seen.bytes), seen.error)
        }
    }
}

#[tokio::test]
async fn memory_and_tcp_show_the_same() {
    let net = MemoryNet::new();
    let (memory, tcp) = (net.party(), client(&NetworkOptions::default()));
    for actions in cases() {
        let party = Counted::default().party(ten);
        let struck = firing(actions.clone());
        let faulty = Party::from_fn(move |request| {
            let (struck, party) = (struck.clone(), party.clone());
            async move {
                let inner = |request| {
                    let party = party.clone();
                    async move { party.send(request).await }
                };
                injector().carry_out(&struck, request, inner).await
            }
        });
        let server = serve(bind("127.0.0.1:0".parse().unwrap()).unwrap(), faulty.clone(), ServerOptions::default());
        net.listen(&server.address().to_string(), faulty);
        for method in ["GET", "HEAD", "PUT"] {
            let send = |party: Party| {
                let request = http::Request::builder().method(method).uri(server.base_uri());
                let body = if method == "PUT" { Body::full("abc") } else { Body::empty() };
                async move { outcome(party.send(request.body(body).unwrap()).await).await }
            };
            assert_eq!(send(memory.clone()).await, send(tcp.clone()).await, "{method} {actions:?}");
        }
    }
}
