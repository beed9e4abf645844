//! The defect `docker-headers-missing`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["HB2", "HB3"],
    how: How::Answer(|_, answer| { answer.remove("docker-distribution-api-version"); answer.remove("docker-upload-uuid"); }),
    ..Defect::new("docker-headers-missing", "The headers that Docker clients look for are not sent.")
};
