//! The defect `manifests-of-one-megabyte`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["MP17"],
    how: How::Config(|config| {config.manifest_limit = 1 << 20;}),
    ..Defect::new("manifests-of-one-megabyte", "Manifests of more than one megabyte are refused.")
};
