//! One file per command. Each has its `Args` (whose doc is the help text) and a `run` that returns the exit code.

use std::io;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::output::Failure;

pub mod audit;
pub mod bench;
pub mod bucket;
pub mod check;
pub mod compare;
pub mod completions;
pub mod demo;
pub mod doctor;
pub mod explain;
pub mod gc;
pub mod init;
pub mod list;
pub mod merge;
pub mod proxy;
pub mod qualify;
pub mod report;
pub mod run;
pub mod schema;
pub mod selftest;
pub mod serve;
mod store;
pub mod verify;
pub mod watch;

/// `NAME=VALUE` of `--var` and `--secret`.
fn name_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

/// Ctrl-C and SIGTERM, caught from the moment this exists.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Begins to catch. Must be called inside a tokio runtime.
    fn catch() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for the next one.
    async fn next(&mut self) {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// A runtime on this thread, for commands that wait more than they work.
fn one_thread() -> Result<Runtime, Failure> {
    built(&mut Builder::new_current_thread())
}

/// A runtime on all cores, for commands that serve or make load.
fn all_threads() -> Result<Runtime, Failure> {
    built(&mut Builder::new_multi_thread())
}

fn built(builder: &mut Builder) -> Result<Runtime, Failure> {
    builder.enable_all().build().map_err(|error| Failure::environment(format!("cannot start threads: {error}")))
}

/// Calls `first` at the first Ctrl-C or SIGTERM; the second one ends the process at once. Both are caught when this returns.
fn on_interrupt(first: impl Fn() + Send + 'static) {
    let (ready, caught) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            let Ok(mut signals) = Signals::catch() else { return };
            let _ = ready.send(());
            signals.next().await;
            first();
            signals.next().await;
            std::process::exit(crate::exit::Exit::Interrupted as i32);
        });
    });
    // An error means that signals cannot be caught here: then Ctrl-C ends the process as usual.
    let _ = caught.recv();
}
