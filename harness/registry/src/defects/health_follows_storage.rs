//! The defect `health-follows-storage`.

use super::Defect;
use crate::context::Context;
use crate::storage::{ListQuery, Storage};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["B12"],
    ..Defect::new("health-follows-storage", "After two storage failures in a row every request, /v2/ too, is 503 until a listing succeeds again.")
};

/// Whether the registry has turned itself off.
pub(crate) async fn is_off(storage: &Storage, cx: &Context) -> bool {
    if !storage.defects().has(&DEFECT) || storage.counts().failures_in_a_row < 2 {
        return false;
    }
    storage.list(cx, ListQuery { limit: Some(1), ..ListQuery::all("") }, None).await.is_err()
}
