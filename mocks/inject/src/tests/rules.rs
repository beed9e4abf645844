//! Rules of scenario files through a layer: who is asked, what is counted, what is noted.

use super::*;
use shakedown_faults::Fault;

fn fault(json: &str) -> Fault {
    serde_json::from_str(json).unwrap()
}

async fn status(party: &Party, method: &str) -> Result<u16, WireError> {
    Ok(party.send(request(method, Body::empty())).await?.status().as_u16())
}

const EVERY_PUT: &str = r#"{"on": "registry", "when": {"method": "PUT"}, "effect": {"status": 503}}"#;

#[tokio::test(start_paused = true)]
async fn a_layer_strikes_what_matches_and_notes_it() {
    let injector = injector();
    let party = injector.layer(Counted::default().party(ten));
    injector.replace(vec![fault(r#"{"on": "s3", "effect": "reset"}"#), fault(EVERY_PUT)], 7);
    assert_eq!(status(&party, "GET").await, Ok(200));
    let put = request("PUT", Body::empty());
    let annotations = put.extensions().get::<Annotations>().cloned().unwrap();
    assert_eq!(party.send(put).await.unwrap().status(), 503);
    assert_eq!(injector.fired(), [(0, 0), (1, 1)]);
    let noted = notes(&annotations);
    assert!(noted.len() == 1 && noted[0].starts_with("fault 1/0 status: "), "{noted:?}");
    injector.clear();
    assert_eq!((status(&party, "PUT").await, injector.fired()), (Ok(200), vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_rule_added_later_leaves_the_counts_of_others() {
    let injector = injector();
    let party = injector.layer(Counted::default().party(ten));
    injector.replace(vec![fault(EVERY_PUT)], 7);
    assert_eq!(status(&party, "PUT").await, Ok(503));
    assert_eq!(injector.add(fault(r#"{"on": "registry", "when": {"method": "GET"}, "effect": "reset"}"#)), 1);
    assert_eq!(status(&party, "GET").await, Err(WireError::Reset));
    assert_eq!(status(&party, "PUT").await, Ok(503));
    assert_eq!(injector.fired(), [(0, 2), (1, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_rule_waits_for_its_event() {
    let injector = injector();
    let party = injector.layer(Counted::default().party(ten));
    injector.replace(vec![fault(r#"{"on": "registry", "when": {"after-event": "pushed"}, "effect": "reset"}"#)], 7);
    assert_eq!(status(&party, "GET").await, Ok(200));
    injector.event("pushed");
    assert_eq!(status(&party, "GET").await, Err(WireError::Reset));
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_waits_for_an_answer_strikes_only_that() {
    let injector = injector();
    let answers = Party::from_fn(async |request: Request| {
        let status = if request.method() == "GET" { 404 } else { 201 };
        Ok(http::Response::builder().status(status).body(Body::from("own")).unwrap())
    });
    let party = injector.layer(answers);
    let waiting = r#"{"on": "registry", "when": {"when-answer": {"status": [404]}}, "effect": {"status": 502}}"#;
    injector.replace(vec![fault(waiting)], 7);
    assert_eq!(status(&party, "PUT").await, Ok(201));
    assert_eq!(injector.fired(), [(0, 0)], "it waited in vain, which is no strike");
    assert_eq!(status(&party, "GET").await, Ok(502));
    assert_eq!(injector.fired(), [(0, 1)]);
}

#[tokio::test(start_paused = true)]
async fn time_windows_follow_the_clock() {
    let injector = injector();
    let party = injector.layer(Counted::default().party(ten));
    let window = r#"{"on": "registry", "when": {"window": {"from": "10s", "to": "20s"}}, "effect": "reset"}"#;
    injector.replace(vec![fault(window)], 7);
    assert_eq!(status(&party, "GET").await, Ok(200));
    tokio::time::advance(Duration::from_secs(10)).await;
    assert_eq!(status(&party, "GET").await, Err(WireError::Reset));
    tokio::time::advance(Duration::from_secs(10)).await;
    assert_eq!(status(&party, "GET").await, Ok(200));
}
