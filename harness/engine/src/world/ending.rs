//! What is asked of the registry of a world when a scenario is over: its log, whether it is still what we left, and its end.
//! Not here: what is done with it before (`world`).

use super::World;
use crate::view::ViewError;

impl World {
    /// What the system printed.
    pub(crate) async fn log(&self) -> Vec<(Option<u64>, String)> {
        let redactor = self.redactor();
        let lines = self.running.lock().await.log();
        lines.into_iter().map(|(at, line)| (at, redactor.text(&line))).collect()
    }

    /// Why nothing can be said of the registry, if it is not what we left it.
    pub(crate) async fn lost(&self) -> Option<ViewError> {
        self.running.lock().await.lost().await
    }

    /// Ends the registry.
    pub(crate) async fn stop(&self) {
        if let Some(other) = &self.other {
            other.lock().await.stop().await;
        }
        if let Some(upstream) = &self.upstream {
            upstream.stop().await;
        }
        self.running.lock().await.stop().await;
        self.cache.lock().await.stop().await;
    }
}
