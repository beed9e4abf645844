//! The defect `filters-echoed`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["RL15"],
    how: How::Answer(|asked, answer| { if asked.referrers().is_some() && asked.queries().count() > 0 { let names: Vec<&str> = asked.queries().map(|(name, _)| name).collect(); answer.set("oci-filters-applied", names.join(",")); } }),
    ..Defect::new("filters-echoed", "OCI-Filters-Applied repeats the names of the query, whatever was applied.")
};
