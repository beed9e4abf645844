//! The defect `namespace-untold`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PX3"],
    how: How::Answer(|_, answer| answer.remove("oci-namespace")),
    ..Defect::new("namespace-untold", "A proxy does not say which namespace it used.")
};
