//! Removes what a run wrote, and what a crashed one left. Nothing else is ever deleted.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use shakedown_s3call::xml::element;
use shakedown_wire::Clock;

use crate::ask::Ask;
use crate::budget::Budget;
use crate::calls::{Version, content_md5, entries};
use crate::context::{Cx, Run};
use crate::ledger::{Ledger, PREFIX};
use crate::plan::{Level, Plan};
use crate::preflight::{Ground, Unable, preflight};
use crate::probe::Check;
use crate::target::{Style, Target, Transport};

/// The object that says that a prefix is a run's own; its content is its name.
pub const MARKER: &str = "this-prefix-belongs-to-a-run-of-shakedown-qualify";
/// Pages of a listing that are followed, so that an endless one ends.
const PAGES: usize = 200;
const AT_ONCE: usize = 8;

/// Writes the marker: a crashed run can be cleaned by `clean`.
pub(crate) async fn mark(cx: &Cx) -> Check {
    cx.put(&format!("{}/{MARKER}", cx.run.prefix), MARKER).await.map(drop)
}

/// A view for cleaning `items` things, with an allowance of its own.
pub(crate) fn cleaner(run: &Arc<Run>, items: u64) -> Cx {
    Cx::with_budget(run.clone(), "cleaning", Budget::new(3 * items + 2 * PAGES as u64, 64 << 20))
}

/// Removes all that the ledger knows; gives what could not be removed.
pub(crate) async fn sweep(run: &Arc<Run>, cx: &Cx) -> Vec<String> {
    let written = run.ledger.written();
    let mut uploads = written.uploads.clone();
    // An upload whose answer never came may be open all the same. Some stores list it under its whole key only.
    let prefixes = written.asked.iter().cloned().chain([format!("{}/", run.prefix)]);
    for prefix in prefixes {
        let found = cx.uploads(&prefix).await.unwrap_or_default();
        uploads.extend(found.into_iter().filter(|(key, _)| key.starts_with(&format!("{}/", run.prefix))));
    }
    let mut left = abort_all(cx, uploads.into_iter().collect()).await;
    left.extend(delete_all(cx, written.keys.into_iter().collect()).await);
    left
}

async fn abort_all(cx: &Cx, uploads: Vec<(String, String)>) -> Vec<String> {
    let abort = |(key, id): (String, String)| async move {
        let gone = cx.abort(&key, &id).await.is_ok_and(|reply| reply.status < 300 || reply.status == 404);
        (!gone).then(|| format!("upload {id} of {key}"))
    };
    stream::iter(uploads).map(abort).buffer_unordered(AT_ONCE).filter_map(|left| async { left }).collect().await
}

async fn delete_all(cx: &Cx, keys: Vec<String>) -> Vec<String> {
    let mut rest = Vec::new();
    for batch in keys.chunks(1000) {
        if !delete_batch(cx, batch).await.unwrap_or(false) {
            rest.extend_from_slice(batch);
        }
    }
    let delete = |key: String| async move {
        let gone = cx.send(Ask::delete(&key)).await.is_ok_and(|reply| reply.status < 300 || reply.status == 404);
        (!gone).then(|| format!("object {key}"))
    };
    stream::iter(rest).map(delete).buffer_unordered(AT_ONCE).filter_map(|left| async { left }).collect().await
}

/// DeleteObjects; true if the store says that all are gone.
async fn delete_batch(cx: &Cx, keys: &[String]) -> Check<bool> {
    let reply = cx.send(delete_request(keys)).await?;
    let Some(root) = reply.root().filter(|root| reply.status == 200 && root.name == "DeleteResult") else {
        return Ok(false);
    };
    Ok(root.all("Error").next().is_none() && root.all("Deleted").count() >= keys.len())
}

/// DeleteObjects as the drivers send it: with Content-MD5, not quiet.
pub(crate) fn delete_request(keys: &[String]) -> Ask {
    let body = delete_body(keys);
    let md5 = content_md5(body.as_bytes());
    Ask::post("", body).query("delete", "").header("content-md5", &md5)
}

pub(crate) fn delete_body(keys: &[String]) -> String {
    let objects: String = keys.iter().map(|key| format!("<Object>{}</Object>", element("Key", key))).collect();
    format!("<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{objects}<Quiet>false</Quiet></Delete>")
}

/// What crashed runs had left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leftover {
    /// Prefixes that were removed.
    pub prefixes: Vec<String>,
    /// Prefixes that look like ours, and are too young, or lack our marker: nothing was touched.
    pub skipped: Vec<String>,
    /// Objects removed.
    pub objects: usize,
    /// Uploads aborted.
    pub uploads: usize,
    /// What could not be removed.
    pub left_behind: Vec<String>,
}

/// Removes what runs left that were begun before `older_than` ago and did not end. Only prefixes with the marker of a run.
///
/// # Errors
/// The bucket cannot be listed.
pub async fn clean(
    target: Target,
    transport: Transport,
    clock: Clock,
    older_than: Duration,
) -> Result<Leftover, Unable> {
    let plan = Plan::new(Level::Heavy, 0);
    let ledger = Ledger::default();
    let run = Run { target, transport, clock, plan, prefix: "-".into(), style: Style::Path, ledger };
    let mut run = Arc::new(run);
    let looking = cleaner(&run, 10);
    let style = match preflight(&run, &looking).await? {
        Ground::Fine(style, _) => style,
        Ground::NotS3(reason) => return Err(Unable::Unreachable(reason)),
    };
    if let Some(run) = Arc::get_mut(&mut run) {
        run.style = style;
    }
    drop(looking);
    let cx = cleaner(&run, 20_000);
    let mut done = Leftover::default();
    for prefix in all_prefixes(&cx).await {
        if is_ours(&cx, &prefix, older_than).await {
            remove(&cx, &prefix, &mut done).await;
            done.prefixes.push(prefix);
        } else {
            done.skipped.push(prefix);
        }
    }
    Ok(done)
}

/// `shakedown-qualify-<16 hex digits>/`.
fn is_a_run(prefix: &str) -> bool {
    let id = prefix.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix('/')).unwrap_or_default();
    id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

async fn all_prefixes(cx: &Cx) -> Vec<String> {
    let Ok(page) = cx.list(Version::V2, &[("prefix", PREFIX), ("delimiter", "/")]).await else { return Vec::new() };
    let prefixes = page.all("CommonPrefixes").filter_map(|prefix| prefix.text_of("Prefix").map(str::to_owned));
    prefixes.filter(|prefix| is_a_run(prefix)).collect()
}

/// With our marker, which is old enough by the store's own clock.
async fn is_ours(cx: &Cx, prefix: &str, older_than: Duration) -> bool {
    let Ok(reply) = cx.send(Ask::get(&format!("{prefix}{MARKER}"))).await else { return false };
    let date = |name: &str| httpdate::parse_http_date(reply.header(name)).ok();
    let (Some(written), Some(now)) = (date("last-modified"), date("date").or(Some(cx.run.clock.now()))) else {
        return false;
    };
    let age = now.duration_since(written).unwrap_or_default();
    reply.status == 200 && reply.body == MARKER && age >= older_than
}

async fn remove(cx: &Cx, prefix: &str, done: &mut Leftover) {
    let uploads: Vec<_> = cx.uploads(prefix).await.unwrap_or_default();
    let uploads: Vec<_> = uploads.into_iter().filter(|(key, _)| key.starts_with(prefix)).collect();
    done.uploads += uploads.len();
    done.left_behind.extend(abort_all(cx, uploads).await);
    // Each page is deleted before the next is asked; the marker goes last, so that a crash here can be cleaned, too.
    for _ in 0..PAGES {
        let Ok(page) = cx.list(Version::V2, &[("prefix", prefix)]).await else { break };
        let Ok((found, _)) = entries(&page) else { break };
        let keys: Vec<_> = found.into_iter().map(|entry| entry.key).filter(|key| key.starts_with(prefix)).collect();
        let keys: Vec<_> = keys.into_iter().filter(|key| !key.ends_with(MARKER)).collect();
        if keys.is_empty() {
            break;
        }
        done.objects += keys.len();
        let left = delete_all(cx, keys).await;
        let stuck = !left.is_empty();
        done.left_behind.extend(left);
        if stuck {
            return;
        }
    }
    done.objects += 1;
    done.left_behind.extend(delete_all(cx, vec![format!("{prefix}{MARKER}")]).await);
}
