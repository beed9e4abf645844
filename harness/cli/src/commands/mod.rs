//! One file per command. Each has its `Args` (whose doc is the help text) and a `run` that returns the exit code.

pub mod check;
pub mod completions;
pub mod demo;
pub mod explain;
pub mod list;
pub mod report;
pub mod run;
pub mod schema;
pub mod selftest;
pub mod serve;

/// `NAME=VALUE` of `--var` and `--secret`.
fn name_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

/// Calls `first` at the first Ctrl-C or SIGTERM; the second one ends the process at once.
fn on_interrupt(first: impl Fn() + Send + 'static) {
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            interrupted().await;
            first();
            interrupted().await;
            std::process::exit(crate::exit::Exit::Interrupted as i32);
        });
    });
}

/// Waits for Ctrl-C or SIGTERM.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
