//! What a container printed is known to the last line once it is removed. Needs an engine and an image of `.ci/images`: in CI they must be
//! there, elsewhere the test says why it does nothing.

use std::process::Command;
use std::sync::{Arc, Mutex};

use shakedown_containers::{Container, Wanted};

const IMAGE: &str = "shakedown-test/redis:7";
const LINES: usize = 20_000;

#[expect(clippy::print_stderr, reason = "a skip says why, to whoever runs the tests")]
fn have_image() -> bool {
    let inspected = Command::new("docker").args(["image", "inspect", IMAGE]).output();
    let is_here = inspected.is_ok_and(|output| output.status.success());
    assert!(
        is_here || std::env::var_os("CI").is_none(),
        "no image {IMAGE}: run .ci/images, and in CI that is an error"
    );
    if !is_here {
        eprintln!("skipped: no image {IMAGE}; .ci/images builds it");
    }
    is_here
}

/// The engine passes lines on some time after they were printed: evidence that was taken at once lacked the last ones.
#[tokio::test]
async fn no_line_is_lost_when_a_container_is_removed() {
    if !have_image() {
        return;
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let lines = seen.clone();
    // The image has a shell and nothing else.
    let script =
        format!("i=0; while [ $i -lt {LINES} ]; do i=$((i + 1)); echo $i; done; : >/printed; while :; do :; done");
    let wanted = Wanted {
        image: IMAGE.to_owned(),
        entrypoint: Some("/bin/sh".to_owned()),
        args: vec!["-c".to_owned(), script],
        ..Wanted::default()
    };
    let container = Container::start(&wanted, Arc::new(move |line| lines.lock().unwrap().push(line))).await.unwrap();
    container.exec(&["/bin/sh", "-c", "while ! [ -e /printed ]; do :; done"]).await.unwrap();
    container.remove().await;
    let seen = seen.lock().unwrap();
    assert_eq!((seen.len(), seen.last().map(String::as_str)), (LINES, Some(&*LINES.to_string())));
}
