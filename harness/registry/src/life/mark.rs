//! What keeps what: from tags (and revisions, by policy) down to blobs. Not here: deleting (`sweep`).
//!
//! Memory: up to 40 bytes for each live blob of the bucket, and the manifests of one repository at a time.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use futures_util::future::try_join_all;
use shakedown_oci::{Digest, Manifest, RepositoryName, Tag};

use super::gc::{GcPolicy, Problem, Untagged};
use super::path::{self, Entry};
use super::walk::Walk;
use super::{LifeError, Progress};
use crate::api::{load_manifest, read_link};
use crate::context::Context;
use crate::defects::{gc_eats_list_children, gc_stops_on_bad_link, gc_unreadable_is_unreferenced, gc_without_grace};
use crate::registry::App;
use crate::storage::{Kind, StorageError};

/// Manifests and tags that are read at one time.
const LOOK_UPS: usize = 16;
/// Problems that are listed; more are counted.
const PROBLEMS: usize = 1000;

/// What a look at all repositories found.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    /// Blobs that something keeps, by the first 128 bits of their digests: a collision keeps, it never deletes.
    live: HashSet<u128>,
    /// Manifests that nothing keeps, by repository.
    pub(crate) dead: BTreeMap<String, BTreeSet<Digest>>,
    /// Tombstones whose time is over.
    pub(crate) expired: Vec<String>,
    pub(crate) repositories: u64,
    pub(crate) tags: u64,
    pub(crate) manifests: u64,
    pub(crate) problems: Vec<Problem>,
    pub(crate) more_problems: u64,
}

impl Marks {
    /// True if something keeps the blob.
    pub(crate) fn keeps(&self, blob: &Digest) -> bool {
        self.live.contains(&short(blob))
    }

    /// How many blobs something keeps.
    pub(crate) fn live(&self) -> usize {
        self.live.len()
    }

    fn keep(&mut self, blob: &Digest, most: usize) -> Result<(), LifeError> {
        self.live.insert(short(blob));
        if self.live.len() > most { Err(LifeError::TooLarge { most }) } else { Ok(()) }
    }

    fn problem(&mut self, repository: &RepositoryName, what: String) {
        if self.problems.len() < PROBLEMS {
            self.problems.push(Problem { repository: repository.to_string(), what });
        } else {
            self.more_problems += 1;
        }
    }
}

fn short(digest: &Digest) -> u128 {
    // The hex part of every known algorithm has at least 64 digits.
    u128::from_str_radix(&digest.hex()[..32], 16).unwrap_or_default()
}

/// The age below which things are kept whatever refers to them.
pub(crate) fn grace(app: &App, policy: &GcPolicy) -> Duration {
    if app.config.defects.has(&gc_without_grace::DEFECT) { Duration::ZERO } else { policy.grace }
}

/// Looks at all repositories.
pub(crate) async fn mark(
    app: &App,
    cx: &Context,
    policy: &GcPolicy,
    progress: Progress<'_>,
) -> Result<Marks, LifeError> {
    let mut marker = Marker { app, cx, policy, grace: grace(app, policy), marks: Marks::default() };
    let root = app.layout.repositories();
    let mut walk = Walk::new(&app.storage, cx, root.clone());
    let mut open: Option<Repository> = None;
    while let Some(object) = walk.next().await? {
        let Some((name, entry)) = object.key.strip_prefix(&root).and_then(path::read) else { continue };
        if open.as_ref().is_none_or(|open| open.name != name)
            && let Some(done) = open.replace(Repository::new(name))
        {
            marker.finish(done).await?;
            if marker.marks.repositories.is_multiple_of(100) {
                progress(&format!("marked {} repositories", marker.marks.repositories));
            }
        }
        let Some(repository) = &mut open else { continue };
        let young = object.is_younger_than(marker.grace);
        match entry {
            // A blob that was pushed or mounted a moment ago waits for its manifest.
            Entry::Layer(digest) if young => marker.marks.keep(&digest, policy.most_live)?,
            Entry::Revision(digest) => repository.revisions.push((digest, young)),
            Entry::TagCurrent(tag) => repository.tags.extend(tag.parse::<Tag>()),
            Entry::TagHistory(tag, _) => {
                repository.tag_directories.insert(tag.to_owned());
            }
            Entry::Tombstone(digest) if object.is_younger_than(policy.restore_within) => repository.buried.push(digest),
            Entry::Tombstone(_) => marker.marks.expired.push(object.key),
            _ => {}
        }
    }
    if let Some(done) = open {
        marker.finish(done).await?;
    }
    Ok(marker.marks)
}

/// What the listing shows of one repository.
struct Repository {
    name: RepositoryName,
    revisions: Vec<(Digest, bool)>,
    tags: Vec<Tag>,
    tag_directories: BTreeSet<String>,
    /// Deleted manifests that may still be restored.
    buried: Vec<Digest>,
}

impl Repository {
    fn new(name: RepositoryName) -> Self {
        Self { name, revisions: Vec::new(), tags: Vec::new(), tag_directories: BTreeSet::new(), buried: Vec::new() }
    }
}

/// What a manifest keeps.
#[derive(Default)]
struct References {
    blobs: Vec<Digest>,
    children: Vec<Digest>,
    subject: Option<Digest>,
}

/// What reading a manifest came to.
enum Read {
    Manifest(References),
    /// Linked, but its bytes are not there.
    Missing,
    /// There, but not to be understood: what it refers to is not known.
    Unknown(String),
}

struct Marker<'a> {
    app: &'a App,
    cx: &'a Context,
    policy: &'a GcPolicy,
    grace: Duration,
    marks: Marks,
}

impl Marker<'_> {
    async fn finish(&mut self, repository: Repository) -> Result<(), LifeError> {
        self.marks.repositories += 1;
        self.marks.tags += repository.tags.len() as u64;
        self.marks.manifests += repository.revisions.len() as u64;
        let (mut roots, mut all_known) = self.roots(&repository).await?;
        let mut known: BTreeMap<Digest, References> = BTreeMap::new();
        let wanted: BTreeSet<&Digest> =
            repository.revisions.iter().map(|(digest, _)| digest).chain(&repository.buried).collect();
        let wanted: Vec<_> = wanted.into_iter().collect();
        for batch in wanted.chunks(LOOK_UPS) {
            let read = try_join_all(batch.iter().map(|digest| self.read(digest))).await?;
            for (digest, read) in batch.iter().zip(read) {
                match read {
                    Read::Manifest(references) => drop(known.insert((*digest).clone(), references)),
                    Read::Missing => {
                        let what = format!("manifest {digest} is linked, but its bytes are missing");
                        self.marks.problem(&repository.name, what);
                    }
                    Read::Unknown(reason) => {
                        all_known = false;
                        let what = format!("manifest {digest} {reason}: everything of its repository is kept");
                        self.marks.problem(&repository.name, what);
                    }
                }
            }
        }
        if !all_known {
            roots.extend(repository.revisions.iter().map(|(digest, _)| digest.clone()));
            self.keep_layers(&repository.name).await?;
        }
        self.close(&repository, roots, &known)
    }

    /// Where keeping begins, and whether all of it could be told.
    async fn roots(&mut self, repository: &Repository) -> Result<(BTreeSet<Digest>, bool), LifeError> {
        let keep_all = self.policy.untagged == Untagged::Keep;
        let revisions = repository.revisions.iter().filter(|(_, young)| keep_all || *young);
        let mut roots: BTreeSet<Digest> = revisions.map(|(digest, _)| digest.clone()).collect();
        roots.extend(repository.buried.iter().cloned());
        let mut all_known = true;
        for batch in repository.tags.chunks(LOOK_UPS) {
            let read = try_join_all(batch.iter().map(|tag| self.target(&repository.name, tag))).await?;
            for (tag, target) in batch.iter().zip(read) {
                if let Some(digest) = target {
                    roots.insert(digest);
                    continue;
                }
                if self.app.config.defects.has(&gc_stops_on_bad_link::DEFECT) {
                    return Err(LifeError::Storage(format!("the link of tag {tag} holds no digest")));
                }
                all_known = false;
                let what = format!("tag {tag} points nowhere: everything of its repository is kept; push it again");
                self.marks.problem(&repository.name, what);
            }
        }
        let has_current: BTreeSet<&str> = repository.tags.iter().map(Tag::as_str).collect();
        for tag in repository.tag_directories.iter().filter(|tag| !has_current.contains(tag.as_str())) {
            let what = format!("tag {tag} has a history and points to nothing; delete it or push it again");
            self.marks.problem(&repository.name, what);
        }
        Ok((roots, all_known))
    }

    async fn target(&self, name: &RepositoryName, tag: &Tag) -> Result<Option<Digest>, LifeError> {
        match read_link(self.app, self.cx, &self.app.layout.tag_current(name, tag)).await {
            Err(_) if self.reads_badly() => Ok(None),
            other => Ok(other?),
        }
    }

    async fn read(&self, digest: &Digest) -> Result<Read, StorageError> {
        let bytes = match load_manifest(self.app, self.cx, digest).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(Read::Missing),
            Err(_) if self.reads_badly() => return Ok(Read::Missing),
            Err(error) if error.kind() == Kind::Damaged => return Ok(Read::Unknown("is damaged".to_owned())),
            Err(error) => return Err(error),
        };
        Ok(match Manifest::parse(&bytes, None) {
            Ok(manifest) => Read::Manifest(References {
                blobs: manifest.blobs().map(|blob| blob.digest.clone()).collect(),
                children: manifest.manifests.iter().map(|child| child.digest.clone()).collect(),
                subject: manifest.subject.map(|subject| subject.digest),
            }),
            Err(error) => Read::Unknown(format!("has a format that is not known ({error})")),
        })
    }

    /// The defect: what cannot be read is not there.
    fn reads_badly(&self) -> bool {
        self.app.config.defects.has(&gc_unreadable_is_unreferenced::DEFECT)
    }

    async fn keep_layers(&mut self, name: &RepositoryName) -> Result<(), LifeError> {
        let root = self.app.layout.repositories();
        let mut walk = Walk::new(&self.app.storage, self.cx, format!("{root}{name}/_layers/"));
        while let Some(object) = walk.next().await? {
            if let Some((_, Entry::Layer(digest))) = object.key.strip_prefix(&root).and_then(path::read) {
                self.marks.keep(&digest, self.policy.most_live)?;
            }
        }
        Ok(())
    }

    /// Keeps everything that roots lead to: children of indexes, and referrers of what is kept.
    fn close(
        &mut self,
        repository: &Repository,
        roots: BTreeSet<Digest>,
        known: &BTreeMap<Digest, References>,
    ) -> Result<(), LifeError> {
        let follows = !self.app.config.defects.has(&gc_eats_list_children::DEFECT);
        let mut referrers: BTreeMap<&Digest, Vec<&Digest>> = BTreeMap::new();
        for (digest, references) in known {
            if let Some(subject) = references.subject.as_ref().filter(|_| follows) {
                referrers.entry(subject).or_default().push(digest);
            }
        }
        let mut open: Vec<Digest> = roots.into_iter().collect();
        let mut kept = BTreeSet::new();
        while let Some(digest) = open.pop() {
            if !kept.insert(digest.clone()) {
                continue;
            }
            self.marks.keep(&digest, self.policy.most_live)?;
            open.extend(referrers.get(&digest).into_iter().flatten().map(|referrer| (*referrer).clone()));
            let Some(references) = known.get(&digest) else { continue };
            for blob in &references.blobs {
                self.marks.keep(blob, self.policy.most_live)?;
            }
            if follows {
                open.extend(references.children.iter().cloned());
            }
        }
        let dead = repository.revisions.iter().filter(|(digest, _)| !kept.contains(digest));
        let dead: BTreeSet<Digest> = dead.map(|(digest, _)| digest.clone()).collect();
        if !dead.is_empty() {
            self.marks.dead.insert(repository.name.to_string(), dead);
        }
        Ok(())
    }
}
