//! The defect `filter-untold`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["RL14"],
    how: How::Answer(|asked, answer| {if asked.referrers().is_some() { answer.remove("oci-filters-applied"); }}),
    ..Defect::new("filter-untold", "Referrers are filtered, and no OCI-Filters-Applied says so.")
};
