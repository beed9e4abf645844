//! Referrers of a manifest (RL1-RL15, MS1, UG1, UG2): one small object for each, written with the manifest that refers.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use http::{StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use shakedown_oci::{Descriptor, Digest, Link, Manifest, RepositoryName, media_type};

use super::ask::{Ask, answer, json};
use super::blobs::parse_digest;
use super::manifest_read::load;
use super::{Outcome, links};
use crate::context::Context;
use crate::registry::App;
use crate::storage::{ListQuery, Payload, StorageError};

const LOOK_UPS: usize = 16;
/// A descriptor with its annotations.
const LIMIT: usize = 4 << 20;
/// Most bytes of entries in one page: clients read no larger manifests than 4 MiB (MP17).
const PAGE_BYTES: usize = (4 << 20) - 1024;

/// GET of the referrers API: in the order of digests, in pages of bounded number and size (RL11). `last` is ours: the digest after which a
/// page begins.
pub(crate) async fn list(app: &App, ask: &Ask, name: &RepositoryName, subject: &str) -> Outcome {
    let subject = parse_digest(subject)?;
    let wanted: Vec<_> = ask.queries("artifactType").collect();
    let last = ask.query("last").and_then(|last| last.parse::<Digest>().ok());
    let (manifests, more) = Page { app, cx: &ask.cx, name, subject: &subject, wanted: &wanted }.read(last).await?;
    let mut builder = answer(StatusCode::OK);
    if !wanted.is_empty() {
        builder = builder.header("oci-filters-applied", "artifactType");
    }
    if let Some(last) = manifests.last().filter(|_| more) {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let filters: String = wanted.iter().map(|wanted| format!("&artifactType={}", encode(wanted))).collect();
        let path = format!("/v2/{name}/referrers/{subject}?last={}{filters}", encode(&last.digest.to_string()));
        builder = builder.header(header::LINK, Link::next(ask.location(app, &path)).to_string());
    }
    let index = serde_json::json!({ "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": manifests });
    Ok(json(builder, media_type::OCI_INDEX, &index))
}

/// One page of referrers: those that were recorded with their manifests, and those that clients listed under the referrers tag while the
/// API was switched off (UG1).
struct Page<'a> {
    app: &'a App,
    cx: &'a Context,
    name: &'a RepositoryName,
    subject: &'a Digest,
    wanted: &'a [String],
}

impl Page<'_> {
    /// The entries after `last`, and whether more follow.
    async fn read(&self, last: Option<Digest>) -> Result<(Vec<Descriptor>, bool), StorageError> {
        let (app, prefix) = (self.app, self.app.layout.referrers(self.name, self.subject));
        let after = last.as_ref().map(|last| app.layout.referrer(self.name, self.subject, last));
        let mut tagged = self.tagged().await?;
        tagged.retain(|digest| last.as_ref().is_none_or(|last| order(digest) > order(last)));
        let query = ListQuery { start_after: after.as_deref(), ..ListQuery::all(&prefix) };
        let (mut entries, mut bytes, mut token) = (Vec::new(), 0, None::<String>);
        loop {
            let listing = app.storage.list(self.cx, query, token.as_deref()).await?;
            token = listing.next;
            let recorded = listing.objects.iter().filter_map(|(key, _)| digest_of(key.strip_prefix(&prefix)?));
            let mut found: Vec<(Digest, bool)> = recorded.map(|digest| (digest, true)).collect();
            // What lies behind this page of the listing comes with a later one.
            let end = found.last().filter(|_| token.is_some()).map(|(digest, _)| order(digest));
            let known: BTreeSet<_> = found.iter().map(|(digest, _)| order(digest)).collect();
            let (here, later) =
                tagged.into_iter().partition(|digest| end.as_ref().is_none_or(|end| order(digest) <= *end));
            tagged = later;
            found.extend(
                here.into_iter().filter(|digest| !known.contains(&order(digest))).map(|digest| (digest, false)),
            );
            found.sort_by_key(|(digest, _)| order(digest));
            for batch in found.chunks(LOOK_UPS) {
                let read = try_join_all(batch.iter().map(|(digest, recorded)| self.entry(digest, *recorded))).await?;
                for entry in read.into_iter().flatten().filter(|entry| self.is_wanted(entry)) {
                    let size = serde_json::to_vec(&entry).map_or(0, |json| json.len());
                    if entries.len() == app.config.page_size || (!entries.is_empty() && bytes + size > PAGE_BYTES) {
                        return Ok((entries, true));
                    }
                    bytes += size;
                    entries.push(entry);
                }
            }
            if token.is_none() {
                return Ok((entries, false));
            }
        }
    }

    fn is_wanted(&self, entry: &Descriptor) -> bool {
        self.wanted.is_empty() || entry.artifact_type.as_ref().is_some_and(|kind| self.wanted.contains(kind))
    }

    /// What an index under the referrers tag lists; anything else there is nothing.
    async fn tagged(&self) -> Result<Vec<Digest>, StorageError> {
        let (app, cx) = (self.app, self.cx);
        let tag = app.layout.tag_current(self.name, &self.subject.fallback_tag());
        let Some(digest) = links::read(app, cx, &tag).await? else { return Ok(Vec::new()) };
        let Some(bytes) = load(app, cx, &digest).await? else { return Ok(Vec::new()) };
        let index = Manifest::parse(&bytes, None).ok().filter(|manifest| manifest.kind.is_index());
        Ok(index.map(|index| index.manifests.into_iter().map(|entry| entry.digest).collect()).unwrap_or_default())
    }

    async fn entry(&self, digest: &Digest, recorded: bool) -> Result<Option<Descriptor>, StorageError> {
        let (app, cx) = (self.app, self.cx);
        if recorded {
            return descriptor(app, cx, &app.layout.referrer(self.name, self.subject, digest)).await;
        }
        if links::read(app, cx, &app.layout.revision_link(self.name, digest)).await?.is_none() {
            return Ok(None);
        }
        let Some(bytes) = load(app, cx, digest).await? else { return Ok(None) };
        let manifest = Manifest::parse(&bytes, None).ok();
        let refers = manifest.filter(|one| one.subject.as_ref().is_some_and(|subject| subject.digest == *self.subject));
        Ok(refers.map(|manifest| manifest.referrer(digest.clone(), bytes.len() as u64)))
    }
}

/// The order of the store's keys.
fn order(digest: &Digest) -> (String, String) {
    (digest.algorithm().to_string(), digest.hex().to_owned())
}

/// The digest of a key below the referrers of a subject: `<algorithm>/<hex>/descriptor`.
fn digest_of(key: &str) -> Option<Digest> {
    let (algorithm, hex) = key.strip_suffix("/descriptor")?.split_once('/')?;
    format!("{algorithm}:{hex}").parse().ok()
}

/// One entry; a damaged one is left out and logged.
async fn descriptor(app: &App, cx: &Context, key: &str) -> Result<Option<Descriptor>, StorageError> {
    let Some(object) = app.storage.get(cx, key, LIMIT).await? else { return Ok(None) };
    let descriptor = serde_json::from_slice(&object.bytes).ok();
    if descriptor.is_none() {
        cx.warn("an entry of the list of referrers cannot be read and was left out: push the referrer again");
    }
    Ok(descriptor)
}

/// Before a manifest with a subject becomes visible.
pub(crate) async fn record(
    app: &App,
    cx: &Context,
    name: &RepositoryName,
    manifest: &Manifest,
    digest: &Digest,
    size: u64,
) -> Result<(), StorageError> {
    let Some(subject) = manifest.subject.as_ref().filter(|_| app.config.referrers) else { return Ok(()) };
    let entry = serde_json::to_vec(&manifest.referrer(digest.clone(), size)).unwrap_or_default();
    app.storage.put(cx, &app.layout.referrer(name, &subject.digest, digest), &Payload::of(entry)).await
}

/// When a manifest goes.
pub(crate) async fn forget(
    app: &App,
    cx: &Context,
    name: &RepositoryName,
    manifest: &Manifest,
    digest: &Digest,
) -> Result<(), StorageError> {
    let Some(subject) = &manifest.subject else { return Ok(()) };
    app.storage.delete(cx, &[app.layout.referrer(name, &subject.digest, digest)]).await
}
