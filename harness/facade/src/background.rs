//! What runs beside the caller, on a thread with a runtime of its own: a test that waits for something else does not stop it.
//! Not here: what that is.

use std::sync::mpsc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::Error;

/// A thread that ends, with all that runs on it, when this is dropped.
#[derive(Debug)]
pub(crate) struct Background {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Begins something there and waits until it has begun; gives what it tells. `end` gets what has to be ended.
    pub(crate) fn begin<T: Send + 'static, K>(
        begin: impl AsyncFnOnce() -> Result<(T, K), Error> + Send + 'static,
        end: impl AsyncFnOnce(K) + Send + 'static,
    ) -> Result<(T, Self), Error> {
        let (stop, stopped) = oneshot::channel();
        let (begun, told) = mpsc::channel();
        let failed = |error: std::io::Error| Error::Environment(format!("no thread could be started: {error}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let work = move || {
            runtime.block_on(async move {
                match begin().await {
                    Err(error) => drop(begun.send(Err(error))),
                    Ok((value, keep)) => {
                        drop(begun.send(Ok(value)));
                        // An error is the end, too: nobody holds us any more.
                        let _ = stopped.await;
                        end(keep).await;
                    }
                }
            });
        };
        // Debug builds of deeply nested futures are large.
        let thread = std::thread::Builder::new().name("shakedown".to_owned()).stack_size(16 << 20);
        let thread = thread.spawn(work).map_err(failed)?;
        let this = Self { stop: Some(stop), thread: Some(thread) };
        let ended = |_| Err(Error::Environment("it ended before it had begun".to_owned()));
        Ok((told.recv().unwrap_or_else(ended)?, this))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been told by its own message.
            let _ = thread.join();
        }
    }
}
