//! Tags of a repository, in byte order, in pages (TL1-TL9).

use std::collections::BTreeSet;

use http::{StatusCode, header};
use shakedown_oci::{ErrorCode, Link, RepositoryName, Tag};

use super::Outcome;
use super::ask::{Ask, answer, json};
use super::refusal::Refusal;
use crate::context::Context;
use crate::registry::App;
use crate::storage::{ListQuery, StorageError};

/// `n` of a listing: absent, or a number.
pub(crate) fn page_size(app: &App, ask: &Ask) -> Result<usize, Refusal> {
    let Some(text) = ask.query("n") else { return Ok(app.config.page_size) };
    // PAGINATION_NUMBER_INVALID is distribution's word and not in the specification's table (ER4).
    let invalid =
        || Refusal::new(ErrorCode::Unsupported, "n must be a whole number, 0 or more").status(StatusCode::BAD_REQUEST);
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid());
    }
    // Larger than any number is as good as very large.
    Ok(text.parse::<usize>().unwrap_or(usize::MAX).min(app.config.page_size))
}

/// The link to the next page.
pub(crate) fn next_link(app: &App, ask: &Ask, path: &str, n: usize, last: &str) -> String {
    let last = percent_encoding::utf8_percent_encode(last, percent_encoding::NON_ALPHANUMERIC);
    Link::next(ask.location(app, &format!("{path}?n={n}&last={last}"))).to_string()
}

/// GET of tags/list.
pub(crate) async fn list(app: &App, ask: &Ask, name: &RepositoryName) -> Outcome {
    let n = page_size(app, ask)?;
    // What follows a control character orders nothing: no name has one. XML cannot say it either, so a store would not be understood.
    let last = ask.query("last").unwrap_or_default();
    let last = last.split(char::is_control).next().unwrap_or_default().to_owned();
    let mut names = page(app, &ask.cx, name, &last, n.saturating_add(1)).await?;
    if names.is_empty() && !exists(app, &ask.cx, name).await? {
        return Err(Refusal::new(ErrorCode::NameUnknown, "this repository is not known")
            .detail(serde_json::json!({ "name": name })));
    }
    let more = names.len() > n;
    names.truncate(n);
    let mut builder = answer(StatusCode::OK);
    if let Some(last) = names.last().filter(|_| more && n > 0) {
        builder = builder.header(header::LINK, next_link(app, ask, &format!("/v2/{name}/tags/list"), n, last));
    }
    Ok(json(builder, "application/json", &serde_json::json!({ "name": name, "tags": names })))
}

/// All tags of a repository.
pub(crate) async fn all(app: &App, cx: &Context, name: &RepositoryName) -> Result<Vec<Tag>, StorageError> {
    let names = page(app, cx, name, "", usize::MAX).await?;
    Ok(names.into_iter().filter_map(|name| name.parse().ok()).collect())
}

/// The first `n` tags after `last`, in byte order.
///
/// A store lists directories with their slash, so `v1-alpine/` comes before `v1/`, while the tag `v1` comes before `v1-alpine`. A name
/// is final only when the listing has passed every shorter name that could still come before it.
async fn page(
    app: &App,
    cx: &Context,
    name: &RepositoryName,
    last: &str,
    n: usize,
) -> Result<Vec<String>, StorageError> {
    let prefix = app.layout.tags(name);
    let after = format!("{prefix}{last}");
    let query = ListQuery {
        start_after: Some(&after).filter(|_| !last.is_empty()).map(String::as_str),
        ..ListQuery::directory(&prefix)
    };
    let mut found = BTreeSet::new();
    let mut token: Option<String> = None;
    loop {
        let listing = app.storage.list(cx, query, token.as_deref()).await?;
        let names = listing.prefixes.iter().filter_map(|directory| directory.strip_prefix(&prefix)?.strip_suffix('/'));
        found.extend(names.filter(|name| !name.is_empty() && *name > last).map(str::to_owned));
        while found.len() > n {
            found.pop_last();
        }
        token = listing.next;
        let seen = listing.prefixes.last().and_then(|directory| directory.strip_prefix(&prefix)).unwrap_or_default();
        let is_final = found.len() == n && found.last().is_none_or(|largest| seen >= passed_when(largest).as_str());
        if token.is_none() || is_final {
            return Ok(found.into_iter().collect());
        }
    }
}

/// The directory that a listing must have reached before no name smaller than `largest` can follow: the shortest name that `largest`
/// continues with a character below the slash.
fn passed_when(largest: &str) -> String {
    let shorter = largest.find(['-', '.']).map_or(largest, |at| &largest[..at]);
    format!("{shorter}/")
}

/// Whether the repository holds anything: tags, revisions or layers.
async fn exists(app: &App, cx: &Context, name: &RepositoryName) -> Result<bool, StorageError> {
    let manifests = app.layout.manifests(name);
    let layers = manifests.replace("/_manifests/", "/_layers/");
    for prefix in [manifests, layers] {
        let listing = app.storage.list(cx, ListQuery { limit: Some(1), ..ListQuery::all(&prefix) }, None).await?;
        if !listing.objects.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}
