//! Tags of a repository, in byte order, in pages (TL1-TL9).

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use http::{StatusCode, header};
use shakedown_oci::{ErrorCode, Link, RepositoryName, Tag};

use super::Outcome;
use super::ask::{Ask, answer, json};
use super::refusal::Refusal;
use crate::context::Context;
use crate::registry::App;
use crate::storage::{ListQuery, StorageError};

/// What a store gives at most in one page of a listing.
const PAGE: usize = 1000;

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
/// A store lists directories with their slash, so `v1-alpine/` comes before `v1/`, while the tag `v1` comes before `v1-alpine`. So the
/// names that a listing gives first are the first tags but for shorter ones that it gives later; those are few, and asked for one by one
/// where reading on until they come would read most of the tags (`1` comes after all of `1.0`, `1.1` and so on).
async fn page(
    app: &App,
    cx: &Context,
    repository: &RepositoryName,
    last: &str,
    n: usize,
) -> Result<Vec<String>, StorageError> {
    let prefix = app.layout.tags(repository);
    let after = format!("{prefix}{last}");
    // No more is read than a page may need: what was last is given again, and so are shorter names of it, and do not count.
    let again = if last.is_empty() { 0 } else { 1 + shorter(last).count() };
    let limit = n.saturating_add(again);
    let query = ListQuery {
        start_after: Some(&after).filter(|_| !last.is_empty()).map(String::as_str),
        limit: Some(limit).filter(|limit| *limit < PAGE),
        ..ListQuery::directory(&prefix)
    };
    let mut found = BTreeSet::new();
    let mut token: Option<String> = None;
    loop {
        let listing = app.storage.list(cx, query, token.as_deref()).await?;
        let names = listing.prefixes.iter().filter_map(|directory| directory.strip_prefix(&prefix)?.strip_suffix('/'));
        found.extend(names.filter(|name| !name.is_empty() && *name > last).map(str::to_owned));
        token = listing.next;
        if token.is_some() && found.len() < n {
            continue;
        }
        if let Some(largest) = found.iter().nth(n.saturating_sub(1)).filter(|_| token.is_some()).cloned() {
            let seen =
                listing.prefixes.last().and_then(|directory| directory.strip_prefix(&prefix)).unwrap_or_default();
            let later = shorter(&largest).filter(|name| *name > last && format!("{name}/").as_str() > seen);
            let later = later.map(|name| async move {
                let directory = format!("{prefix}{name}/", prefix = app.layout.tags(repository));
                let query = ListQuery { limit: Some(1), ..ListQuery::all(&directory) };
                Ok::<_, StorageError>((!app.storage.list(cx, query, None).await?.objects.is_empty()).then_some(name))
            });
            let later = try_join_all(later).await?;
            found.extend(later.into_iter().flatten().map(str::to_owned));
        }
        return Ok(found.into_iter().take(n).collect());
    }
}

/// The names that begin `name` and whose directories a store lists after its own: it goes on with a character below the slash.
fn shorter(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices(['-', '.']).map(|(at, _)| &name[..at]).filter(|shorter| !shorter.is_empty())
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
