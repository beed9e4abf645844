//! What a run wrote: the only things that it deletes. Not here: deleting (`cleaning`).

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What every run's prefix begins with.
pub(crate) const PREFIX: &str = "shakedown-qualify-";

/// Keys and uploads of one run.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Written>);

/// What was written and not deleted yet.
#[derive(Debug, Default, Clone)]
pub(crate) struct Written {
    /// Objects that may be there.
    pub(crate) keys: BTreeSet<String>,
    /// Open uploads: key and id.
    pub(crate) uploads: BTreeSet<(String, String)>,
    /// Keys for which an upload was asked and no id came back (yet): one may be open.
    pub(crate) asked: BTreeSet<String>,
}

impl Ledger {
    fn lock(&self) -> MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before a request that may make an object.
    pub(crate) fn writes(&self, key: &str) {
        self.lock().keys.insert(key.to_owned());
    }

    /// Before a request that may open an upload.
    pub(crate) fn opens(&self, key: &str) {
        self.lock().asked.insert(key.to_owned());
    }

    /// After an upload was opened.
    pub(crate) fn opened(&self, key: &str, id: &str) {
        let mut written = self.lock();
        written.asked.remove(key);
        written.uploads.insert((key.to_owned(), id.to_owned()));
    }

    /// After an upload was aborted or completed.
    pub(crate) fn closed(&self, key: &str, id: &str) {
        self.lock().uploads.remove(&(key.to_owned(), id.to_owned()));
    }

    /// What is left.
    pub(crate) fn written(&self) -> Written {
        self.lock().clone()
    }
}
