//! The defect `filter-ignored`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["RL13"],
    how: How::Request(|asked| {if asked.referrers().is_some() { asked.retain_queries(|name| name != "artifactType"); }
 None}),
    ..Defect::new("filter-ignored", "Referrers are not filtered, though OCI-Filters-Applied says so.")
};
