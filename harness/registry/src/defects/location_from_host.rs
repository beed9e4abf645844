//! The defect `location-from-host`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["E01", "E02"],
    ..Defect::new("location-from-host", "Location is http:// and the Host of the request, whatever a gateway says of the client's side.")
};
