//! The file store: contents are files under a directory, the index is a log of changes that is replayed at start.
