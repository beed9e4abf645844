//! `_catalog`: all repositories, in byte order, in pages. Docker's, not the specification's.

use std::collections::BTreeSet;

use http::{StatusCode, header};

use super::Outcome;
use super::ask::{Ask, answer, json};
use super::tags::{next_link, page_size};
use crate::context::Context;
use crate::registry::App;
use crate::storage::{ListQuery, StorageError};

/// GET of _catalog.
pub(crate) async fn list(app: &App, ask: &Ask) -> Outcome {
    let n = page_size(app, ask)?;
    let last = ask.query("last").unwrap_or_default();
    let found = repositories(app, &ask.cx).await?;
    let mut after = found.range::<str, _>((std::ops::Bound::Excluded(last.as_str()), std::ops::Bound::Unbounded));
    let page: Vec<&String> = after.by_ref().take(n).collect();
    let mut builder = answer(StatusCode::OK);
    if let Some(last) = page.last().filter(|_| after.next().is_some()) {
        builder = builder.header(header::LINK, next_link(app, ask, "/v2/_catalog", n, last));
    }
    Ok(json(builder, "application/json", &serde_json::json!({ "repositories": page })))
}

/// Every directory that holds manifests or layers. One listing for each directory, however much lies in it.
async fn repositories(app: &App, cx: &Context) -> Result<BTreeSet<String>, StorageError> {
    let root = app.layout.repositories();
    let mut found = BTreeSet::new();
    let mut open = vec![root.clone()];
    while let Some(directory) = open.pop() {
        let listing = app.storage.list_all(cx, ListQuery::directory(&directory)).await?;
        for child in listing.prefixes {
            match child.strip_prefix(&directory).and_then(|name| name.strip_suffix('/')) {
                Some("_manifests" | "_layers") => {
                    let name = directory.strip_prefix(&root).unwrap_or_default().trim_end_matches('/');
                    found.insert(name.to_owned());
                }
                Some(name) if !name.is_empty() && !name.starts_with('_') => open.push(child),
                _ => {}
            }
        }
    }
    Ok(found)
}
