//! The defect `errors-cacheable`.

use http::header::CACHE_CONTROL;
use shakedown_wire::Response;

use super::{Defect, DefectSet};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["C08"],
    ..Defect::new("errors-cacheable", "Error answers say nothing of caching, so a cache before the registry keeps its 404s.")
};

/// The answer, without its word on caching if it is an error and the registry has the defect.
pub(crate) fn spoil(defects: &DefectSet, mut response: Response) -> Response {
    if defects.has(&DEFECT) && response.status().is_client_error() {
        response.headers_mut().remove(CACHE_CONTROL);
    }
    response
}
