//! Why cleaning up was not done, or not to its end.

use crate::storage::StorageError;

/// Nothing that is in use was deleted, whatever the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LifeError {
    /// A call to the storage failed: unreadable is never unreferenced.
    #[error("stopped: {0}")]
    Storage(String),
    /// Another collection works on this bucket.
    #[error("another garbage collection works on this bucket; one that crashed is taken over after {after_s} s")]
    Busy {
        /// After so many seconds without a sign of life.
        after_s: u64,
    },
    /// Another collection took over while this one was silent.
    #[error("stopped: another garbage collection took over, because this one had given no sign of life")]
    TakenOver,
    /// The store lists blobs and no repository (incident B06; harbor#11929).
    #[error(
        "refused: the store lists blobs but not one repository; a listing that lies would delete everything. \
         If the repositories are really gone, say so (allow-empty)"
    )]
    NoRepositories,
    /// More live content than the agreed memory can hold.
    #[error("refused: more than {most} live blobs; raise the limit (each takes up to 40 bytes of memory)")]
    TooLarge {
        /// The limit.
        most: usize,
    },
    /// What was asked for is not there (any more).
    #[error("there is nothing to restore: {0}")]
    NothingToRestore(String),
}

impl From<StorageError> for LifeError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error.to_string())
    }
}
