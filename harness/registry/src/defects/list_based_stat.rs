//! The defect `list-based-stat`.

use super::Defect;
use crate::context::Context;
use crate::storage::{ListQuery, Storage, StorageError};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["A09"],
    ..Defect::new("list-based-stat", "Whether an object exists is asked by listing its key, which on some stores lags behind the write.")
};

/// distribution 2.8's Stat.
pub(crate) async fn size(storage: &Storage, cx: &Context, key: &str) -> Result<Option<u64>, StorageError> {
    let query = ListQuery { limit: Some(1), ..ListQuery::all(key) };
    let page = storage.list(cx, query, None).await?;
    Ok(page.objects.into_iter().find(|(found, _)| found == key).map(|(_, size)| size))
}
