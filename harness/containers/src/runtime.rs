//! The one runtime on which all calls to the engine are made. Scenarios have a runtime each, which ends with them, and a connection of the
//! engine's client must not end with a scenario. Not here: the calls.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::Error;

static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();

fn runtime() -> Result<&'static Runtime, Error> {
    let start = || Builder::new_multi_thread().worker_threads(1).thread_name("containers").enable_all().build();
    let runtime = RUNTIME.get_or_init(|| start().map_err(|error| error.to_string()));
    runtime.as_ref().map_err(|error| Error::engine("a thread for the container engine", error))
}

/// Does the work there and waits for it, from any runtime.
pub(crate) async fn there<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let done = runtime()?.spawn(work).await;
    done.unwrap_or_else(|error| Err(Error::engine("the container engine's client", error)))
}

/// Begins the work there and does not wait; nothing is begun where there is no thread for it.
pub(crate) fn begin(work: impl Future<Output = ()> + Send + 'static) -> Option<JoinHandle<()>> {
    runtime().ok().map(|runtime| runtime.spawn(work))
}
