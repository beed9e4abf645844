//! Notifications: what is told, and that no request waits for whoever is told (incident J05).

use std::time::Duration;

use http::{Method, StatusCode};
use shakedown_peers::webhook::{Answers, Webhook};
use shakedown_registry::{DefectSet, Endpoint, Notifications};
use shakedown_wire::Body;
use tokio::time::Instant;

use crate::support::Lab;

/// A registry that tells `sink`, one failure at a time; the queue has room for two.
pub fn lab(sink: &Webhook, defects: DefectSet) -> Lab {
    lab_with_tries(sink, defects, 1000)
}

fn lab_with_tries(sink: &Webhook, defects: DefectSet, tries: u32) -> Lab {
    let endpoint = Endpoint {
        tries,
        timeout: Duration::from_secs(2),
        threshold: 1,
        backoff: Duration::from_secs(5),
        queue: 2,
        ..Endpoint::new("sink", "http://sink.test/hook".parse().unwrap())
    };
    Lab::with(|config| {
        config.notifications = Notifications { endpoints: vec![endpoint], through: Some(sink.party()) };
        config.defects = defects;
    })
}

/// How long a push of one blob takes before an endpoint that says nothing.
pub async fn push_before_a_silent_sink(defects: DefectSet) -> Duration {
    let lab = lab(&Webhook::new(Answers::Hangs), defects);
    let began = Instant::now();
    lab.push_blob("lab/app", b"x").await;
    began.elapsed()
}

/// The sink in lines, once everything that can be delivered has been.
async fn told(sink: &Webhook) -> Vec<String> {
    tokio::time::sleep(Duration::from_secs(60)).await;
    sink.received().iter().map(ToString::to_string).collect()
}

#[tokio::test(start_paused = true)]
async fn what_was_done_is_told_in_order() {
    let sink = Webhook::default();
    let lab = lab(&sink, DefectSet::none());
    let layer = lab.push_blob("lab/app", b"layer").await;
    assert_eq!(told(&sink).await, [format!("push lab/app@{layer}")]);
    let mount = format!("/v2/lab/b/blobs/uploads/?mount={layer}&from=lab/app");
    assert_eq!(lab.call(Method::POST, &mount, &[], Body::empty()).await.status, StatusCode::CREATED);
    lab.get(&format!("/v2/lab/b/blobs/{layer}")).await;
    assert_eq!(told(&sink).await[1..], [format!("mount lab/b@{layer}"), format!("pull lab/b@{layer}")]);
    let config = lab.push_blob("lab/app", b"{}").await;
    told(&sink).await;
    let manifest = crate::support::manifest(&config, &layer, 5);
    lab.put_manifest("lab/app", "1", &manifest).await;
    lab.get("/v2/lab/app/manifests/1").await;
    told(&sink).await;
    // What is no news is told to nobody.
    lab.head("/v2/lab/app/manifests/1").await;
    lab.get("/v2/lab/app/manifests/none").await;
    lab.call(Method::DELETE, "/v2/lab/app/manifests/1", &[], Body::empty()).await;
    assert_eq!(told(&sink).await[4..], ["push lab/app:1", "pull lab/app:1", "delete lab/app:1"]);
    let pushed = &sink.received()[4];
    assert_eq!(pushed.media_type.as_deref(), Some(shakedown_oci::media_type::OCI_MANIFEST));
    assert_eq!(pushed.digest, Some(shakedown_oci::Digest::of(&manifest).to_string()));
    let counts = &lab.registry.notifications()[0];
    assert_eq!((counts.endpoint.as_str(), counts.delivered, counts.failed, counts.dropped), ("sink", 7, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn no_push_waits_for_an_endpoint_and_what_has_no_room_is_counted() {
    for answers in [Answers::Hangs, Answers::Fails, Answers::Redirects] {
        let sink = Webhook::new(answers);
        let lab = lab(&sink, DefectSet::none());
        let began = Instant::now();
        for bytes in [b"1", b"2", b"3", b"4", b"5"] {
            lab.push_blob("lab/app", bytes).await;
        }
        assert!(began.elapsed() < Duration::from_millis(100), "{answers:?}: {:?}", began.elapsed());
        // One try fails.
        tokio::time::sleep(Duration::from_secs(3)).await;
        sink.answer(Answers::Ok);
        let told = told(&sink).await.len() as u64;
        let counts = &lab.registry.notifications()[0];
        assert_eq!((counts.delivered, counts.delivered + counts.dropped), (told, 5), "{answers:?}: {counts:?}");
        assert!(counts.dropped >= 2 && counts.failed >= 1, "{answers:?}: {counts:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_fails_is_left_alone_for_its_backoff() {
    let sink = Webhook::new(Answers::Fails);
    let lab = lab(&sink, DefectSet::none());
    lab.push_blob("lab/app", b"1").await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(sink.asked(), 1);
    tokio::time::sleep(Duration::from_millis(4900)).await;
    assert_eq!(sink.asked(), 1);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(sink.asked(), 2);
    // A registry that is gone tells nobody anything.
    drop(lab);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(sink.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_nobody_takes_does_not_stand_before_the_others_for_ever() {
    let sink = Webhook::new(Answers::Fails);
    let lab = lab_with_tries(&sink, DefectSet::none(), 3);
    lab.push_blob("lab/app", b"1").await;
    let second = lab.push_blob("lab/app", b"2").await;
    // Three tries of the first, with 5 s after each but the last.
    tokio::time::sleep(Duration::from_millis(10_500)).await;
    let counts = &lab.registry.notifications()[0];
    assert_eq!((counts.delivered, counts.dropped), (0, 1), "{counts:?}");
    sink.answer(Answers::Ok);
    assert_eq!(told(&sink).await, [format!("push lab/app@{second}")]);
    let counts = &lab.registry.notifications()[0];
    assert_eq!((counts.delivered, counts.dropped), (1, 1), "{counts:?}");
}
