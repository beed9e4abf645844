//! What was acknowledged and is lost is found; what was never acknowledged, or deleted, is not asked for.

use shakedown_reports::Verdict;

use super::super::testing::{Api, Bucket, World, digest_of, front, run};
use super::*;

fn at(span: (u64, u64), mut call: Exchange) -> Exchange {
    (call.seq, call.start_us, call.end_us) = (span.0, span.0, Some(span.1));
    call
}

fn pushed_blob(content: &[u8]) -> Exchange {
    at(
        (1, 2),
        front("PUT", &format!("/v2/lab/app/blobs/uploads/9ac3?digest={}", digest_of(content).replace(':', "%3A")), 201),
    )
}

fn pushed_tag(tag: &str, content: &[u8], span: (u64, u64)) -> Exchange {
    let mut call = at(span, front("PUT", &format!("/v2/lab/app/manifests/{tag}"), 201));
    call.request.body.digest = Some(digest_of(content));
    call
}

async fn verdict(world: &World) -> (Verdict, String) {
    let checks = run("acknowledged-is-readable", world).await;
    (checks[0].verdict, checks[0].actual.clone())
}

#[tokio::test]
async fn a_blob_without_link_or_data_is_lost() {
    let mut world = World { bucket: Some(Bucket::default()), ..World::default() };
    world.run.front = vec![pushed_blob(b"layer")];
    assert_eq!(verdict(&world).await.0, Verdict::Failed);
    let bucket = world.bucket.as_mut().unwrap();
    bucket.put_blob(b"layer");
    assert!(verdict(&world).await.1.contains("has no link"));
    world.bucket.as_mut().unwrap().link_layer("lab/app", b"layer");
    assert_eq!(verdict(&world).await, (Verdict::Passed, "all of it".to_owned()));
    world.bucket.as_mut().unwrap().corrupt_blob(b"layer");
    assert_eq!(verdict(&world).await.0, Verdict::Failed);
}

#[tokio::test]
async fn only_a_201_is_a_promise_and_a_delete_ends_it() {
    let mut world = World { bucket: Some(Bucket::default()), ..World::default() };
    let mut refused = pushed_blob(b"layer");
    refused.response.as_mut().unwrap().status = 500;
    world.run.front = vec![refused];
    assert_eq!(verdict(&world).await.0, Verdict::Passed);

    let delete = |status| at((5, 6), front("DELETE", &format!("/v2/lab/app/blobs/{}", digest_of(b"layer")), status));
    for (status, expected) in [(202, Verdict::Passed), (500, Verdict::Passed), (405, Verdict::Failed)] {
        world.run.front = vec![pushed_blob(b"layer"), delete(status)];
        assert_eq!(verdict(&world).await.0, expected, "deleted with {status}");
    }
    world.run.front = vec![delete(202), at((7, 8), pushed_blob(b"layer"))];
    assert_eq!(verdict(&world).await.0, Verdict::Failed, "pushed again after it was deleted");
}

#[tokio::test]
async fn a_tag_points_to_the_last_write_or_to_one_of_those_at_the_same_time() {
    let mut bucket = Bucket::default();
    for content in [b"{\"a\":1}", b"{\"b\":2}"] {
        bucket.put_blob(content);
        bucket.link_revision("lab/app", content);
    }
    bucket.tag("lab/app", "1", b"{\"a\":1}");
    let mut world = World { bucket: Some(bucket), ..World::default() };
    world.run.front = vec![pushed_tag("1", b"{\"a\":1}", (1, 2)), pushed_tag("1", b"{\"b\":2}", (3, 4))];
    let (failed, actual) = verdict(&world).await;
    assert!(failed == Verdict::Failed && actual.starts_with("the link of tag 1 holds"), "{actual}");
    world.run.front = vec![pushed_tag("1", b"{\"a\":1}", (1, 5)), pushed_tag("1", b"{\"b\":2}", (3, 4))];
    assert_eq!(verdict(&world).await.0, Verdict::Passed);
}

#[tokio::test]
async fn what_stands_in_the_bucket_must_be_served_too() {
    let bucket = Bucket::with_image("lab/app", "1");
    let mut world = World { api: Some(Api::over(&bucket, "lab/app")), bucket: Some(bucket), ..World::default() };
    world.run.front = vec![pushed_tag("1", &world.bucket.as_ref().unwrap().manifest(), (1, 2))];
    assert_eq!(verdict(&world).await.0, Verdict::Passed);
    world.api.as_mut().unwrap().0.retain(|path, _| !path.contains("/manifests/"));
    let (failed, actual) = verdict(&world).await;
    assert!(failed == Verdict::Failed && actual.contains("answered 404"), "{actual}");
}
