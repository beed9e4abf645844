//! The defect `trusts-descriptor-cache`.

use shakedown_oci::{Digest, RepositoryName};

use super::{Defect, DefectSet};
use crate::context::Context;
use crate::registry::App;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["G01", "G02", "G04", "G05"],
    ..Defect::new("trusts-descriptor-cache", "What the descriptor cache knows of a repository's blobs is not asked of the storage any more.")
};

/// Entries by repository, of whatever storage.
pub(crate) fn key(defects: &DefectSet, name: &RepositoryName, digest: &Digest) -> Option<String> {
    defects.has(&DEFECT).then(|| format!("{name}/{digest}"))
}

/// The size of a blob that the cache says is in the repository.
pub(crate) async fn believed(app: &App, cx: &Context, name: &RepositoryName, digest: &Digest) -> Option<u64> {
    if app.config.defects.has(&DEFECT) { app.descriptors.size(cx, name, digest).await } else { None }
}
