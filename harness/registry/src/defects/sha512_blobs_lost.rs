//! The defect `sha512-blobs-lost`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["D15"],
    how: How::Request(|asked| {
        let reads = asked.is_get() || asked.is_head();
        let by_sha512 = asked.blob().is_some_and(|digest| digest.starts_with("sha512:"));
        (reads && by_sha512).then(|| Answer::refusal(404, "BLOB_UNKNOWN"))
    }),
    ..Defect::new("sha512-blobs-lost", "A blob that was acknowledged under its SHA-512 digest is kept by its SHA-256 alone.")
};
