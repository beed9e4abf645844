//! The expiry of a pull-through cache: what a repository fetched too long ago leaves that repository. Only links go; bytes that no link
//! holds any more are for garbage collection, which counts the links of all repositories (incident H04). What a manifest that stays
//! references stays with it. Ages are the store's, since something was fetched. What has gone is fetched again when it is asked for.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;
use shakedown_oci::{Digest, Manifest, RepositoryName};

use super::path::{self, Entry};
use super::walk::Walk;
use super::{LifeError, Progress};
use crate::api::{load_manifest, read_link};
use crate::context::Context;
use crate::defects::expiry_takes_shared_data;
use crate::registry::App;
use crate::storage::Aged;

/// What an expiry came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ExpiryReport {
    /// Blobs that left a repository.
    pub blobs_expired: u64,
    /// Manifests that left a repository.
    pub manifests_expired: u64,
    /// Tags that pointed to them.
    pub tags_expired: u64,
}

/// One repository, as the listing shows it.
#[derive(Default)]
struct Repository {
    /// Link, digest, too old.
    layers: Vec<(String, Digest, bool)>,
    revisions: Vec<(String, Digest, bool)>,
    /// All keys of a tag, in the order of the listing: `current/link` first.
    tags: Vec<(String, Vec<String>, bool)>,
}

/// Lets go what was fetched longer than `older_than` ago.
pub(crate) async fn expire(app: &App, older_than: Duration, progress: Progress<'_>) -> Result<ExpiryReport, LifeError> {
    let cx = Context::own(app.correlation());
    let root = app.layout.repositories();
    let mut walk = Walk::new(&app.storage, &cx, root.clone());
    let mut report = ExpiryReport::default();
    let mut open: Option<(RepositoryName, Repository)> = None;
    while let Some(object) = walk.next().await? {
        let is_old = !object.is_younger_than(older_than);
        let Some((name, entry)) = object.key.strip_prefix(&root).and_then(path::read) else { continue };
        if open.as_ref().is_none_or(|(open, _)| *open != name)
            && let Some((done, repository)) = open.replace((name, Repository::default()))
        {
            repository.expire(app, &cx, &mut report).await?;
            progress(&format!("{done}: {} blobs expired so far", report.blobs_expired));
        }
        if let Some((_, repository)) = &mut open {
            repository.note(&object, &entry, is_old);
        }
    }
    if let Some((_, repository)) = open {
        repository.expire(app, &cx, &mut report).await?;
    }
    Ok(report)
}

impl Repository {
    fn note(&mut self, object: &Aged, entry: &Entry<'_>, is_old: bool) {
        let key = object.key.clone();
        match entry {
            Entry::Layer(digest) => self.layers.push((key, digest.clone(), is_old)),
            Entry::Revision(digest) => self.revisions.push((key, digest.clone(), is_old)),
            Entry::TagCurrent(tag) | Entry::TagHistory(tag, _) => {
                let is_current = matches!(entry, Entry::TagCurrent(_));
                match self.tags.last_mut().filter(|(last, ..)| last == tag) {
                    Some((_, keys, _)) => keys.push(key),
                    // A history without a tag is none of ours.
                    None if !is_current => {}
                    None => self.tags.push(((*tag).to_owned(), vec![key], is_old)),
                }
            }
            _ => {}
        }
    }

    /// Tags first, then manifests, then blobs: what is left in between never points to nothing.
    async fn expire(self, app: &App, cx: &Context, report: &mut ExpiryReport) -> Result<(), LifeError> {
        let mut roots: Vec<Digest> =
            self.revisions.iter().filter(|(.., old)| !old).map(|(_, digest, _)| digest.clone()).collect();
        let mut tags = Vec::new();
        for (_, keys, is_old) in self.tags {
            let digest = match keys.first() {
                Some(current) => read_link(app, cx, current).await?,
                None => None,
            };
            if !is_old {
                roots.extend(digest.clone());
            }
            tags.push((keys, digest));
        }
        let live = live(app, cx, roots).await?;
        for (keys, digest) in tags {
            if digest.is_none_or(|digest| !live.contains(&digest)) {
                app.storage.delete(cx, &keys).await?;
                report.tags_expired += 1;
            }
        }
        let gone =
            |(key, digest, old): (String, Digest, bool)| (old && !live.contains(&digest)).then_some((key, digest));
        let manifests: Vec<String> = self.revisions.into_iter().filter_map(gone).map(|(key, _)| key).collect();
        let blobs: Vec<(String, Digest)> = self.layers.into_iter().filter_map(gone).collect();
        let links: Vec<String> = blobs.iter().map(|(key, _)| key.clone()).collect();
        report.manifests_expired += manifests.len() as u64;
        report.blobs_expired += links.len() as u64;
        app.storage.delete(cx, &manifests).await?;
        app.storage.delete(cx, &links).await?;
        expiry_takes_shared_data::after(app, cx, blobs.iter().map(|(_, digest)| digest)).await?;
        Ok(())
    }
}

/// The manifests that stay, and all that they reference.
async fn live(app: &App, cx: &Context, mut roots: Vec<Digest>) -> Result<BTreeSet<Digest>, LifeError> {
    let mut live = BTreeSet::new();
    while let Some(digest) = roots.pop() {
        if !live.insert(digest.clone()) {
            continue;
        }
        let Some(bytes) = load_manifest(app, cx, &digest).await? else { continue };
        let Ok(manifest) = Manifest::parse(&bytes, None) else { continue };
        live.extend(manifest.blobs().map(|blob| blob.digest.clone()));
        roots.extend(manifest.manifests.iter().map(|child| child.digest.clone()));
    }
    Ok(live)
}
