//! The defect `manifests-without-limit`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["MP15", "MP16"],
    how: How::Config(|config| {config.manifest_limit = 64 << 20;}),
    ..Defect::new("manifests-without-limit", "Manifests of any size are taken.")
};
