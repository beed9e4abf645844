//! `shakedown serve registry --upstream` by hand: a cache of another process, and what is there once that is gone.

mod support;

use http::Uri;
use shakedown_client::{Client, ClientError, ClientOptions, ImageSpec, PullImage, PushImage};
use shakedown_oci::{Reference, RepositoryName};
use shakedown_wire::Clock;
use shakedown_wire::network::{self, NetworkOptions};
use support::{SHAKEDOWN, clean, serve, word_after};

fn client(base: &str) -> Client {
    let base: Uri = base.parse().unwrap();
    Client::new(network::client(&NetworkOptions::default()), ClientOptions::new(base, Clock::real_time()))
}

#[tokio::test]
async fn a_cache_by_hand_keeps_what_was_pulled_and_takes_no_pushes() {
    let home = tempfile::tempdir().unwrap();
    let (mut upstream, ready) = serve(&["registry", "--listen", "127.0.0.1:0"], home.path());
    let there = word_after(&ready, "registry on ").to_owned();
    let (_cache, ready) = serve(&["registry", "--listen", "127.0.0.1:0", "--upstream", &there], home.path());
    let authority = there.trim_start_matches("http://");
    assert!(ready.contains(&format!("pull-through cache of {authority}")), "{ready}");
    let cache = client(word_after(&ready, &format!("{authority} on ")));

    let image = ImageSpec::of_sizes([400_000, 3_000]).build(7);
    let name: RepositoryName = "lab/app".parse().unwrap();
    let tag: Reference = "1".parse().unwrap();
    client(&there).push_image(&name, &tag, &image, &PushImage::default()).await.result.unwrap();
    let refused = cache.push_image(&name, &tag, &image, &PushImage::default()).await.result.unwrap_err();
    assert_eq!(refused.status(), Some(405), "{refused}");
    for _ in 0..2 {
        cache.pull_image(&name, &tag, &PullImage::default(), None).await.result.unwrap();
        upstream.kill();
    }
    let other: Reference = "2".parse().unwrap();
    let refused: ClientError = cache.pull_image(&name, &other, &PullImage::default(), None).await.result.unwrap_err();
    assert_eq!(refused.status(), Some(502), "{refused}");
}

#[test]
fn wrong_upstreams_are_a_users_mistake_and_show_no_password() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [
        &["--upstream", "http://ann:hunter2@127.0.0.1:1"][..],
        &["--upstream", "ftp://127.0.0.1"],
        &["--upstream", "http://127.0.0.1:1", "--upstream-auth", "env:NOT_THERE"],
        &["--upstream-auth", "env:LOGIN"],
        &["--expire-older", "7d"],
    ] {
        let output = clean(SHAKEDOWN, home.path()).args(["serve", "registry"]).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!((said.contains("--upstream") || said.contains("NOT_THERE")) && !said.contains("hunter2"), "{said}");
    }
}
