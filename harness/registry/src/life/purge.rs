//! The purge of uploads that nobody goes on with: session objects, what else lies in their directories, open multipart uploads.
//!
//! An upload lives as long as anything of it is written: its session object, its data, a part. Ages are the store's.

use std::time::Duration;

use serde::Serialize;
use shakedown_oci::RepositoryName;

use super::path::{self, Entry};
use super::walk::Walk;
use super::{LifeError, Progress};
use crate::context::Context;
use crate::defects::purge_by_start;
use crate::registry::App;
use crate::storage::{AgedUpload, Kind, StorageError};
use crate::uploads::Session;

/// How uploads are purged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgePolicy {
    /// Uploads of which nothing was written for so long.
    pub older_than: Duration,
    /// Only say what would go.
    pub dry_run: bool,
}

impl Default for PurgePolicy {
    fn default() -> Self {
        Self { older_than: Duration::from_secs(7 * 24 * 3600), dry_run: false }
    }
}

/// What a purge came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PurgeReport {
    /// Nothing was deleted; the numbers say what would have been.
    pub dry_run: bool,
    /// Upload sessions that live.
    pub sessions_kept: u64,
    /// Upload sessions removed.
    pub sessions_removed: u64,
    /// Bytes of their objects.
    pub bytes_removed: u64,
    /// Multipart uploads aborted.
    pub multipart_aborted: u64,
}

/// One upload directory, as the listing shows it.
struct Directory {
    name: RepositoryName,
    id: String,
    keys: Vec<String>,
    bytes: u64,
    /// Time since the newest object was written.
    age: Duration,
}

/// Purges.
pub(crate) async fn purge(app: &App, policy: &PurgePolicy, progress: Progress<'_>) -> Result<PurgeReport, LifeError> {
    let purge = Purge { app, cx: Context::own(app.correlation()), policy };
    let mut report = PurgeReport { dry_run: policy.dry_run, ..PurgeReport::default() };
    let root = app.layout.repositories();
    let mut walk = Walk::new(&app.storage, &purge.cx, root.clone());
    let mut open: Option<Directory> = None;
    while let Some(object) = walk.next().await? {
        let Some((name, Entry::Upload(id))) = object.key.strip_prefix(&root).and_then(path::read) else { continue };
        if open.as_ref().is_none_or(|open| open.name != name || open.id != id) {
            let next = Directory { name, id: id.to_owned(), keys: Vec::new(), bytes: 0, age: Duration::MAX };
            if let Some(done) = open.replace(next) {
                purge.finish(done, &mut report).await?;
                progress(&format!("{} upload sessions removed", report.sessions_removed));
            }
        }
        if let Some(open) = &mut open {
            // Of unknown age is as good as new.
            open.age = open.age.min(object.age.unwrap_or_default());
            open.bytes += object.size;
            open.keys.push(object.key);
        }
    }
    if let Some(done) = open {
        purge.finish(done, &mut report).await?;
    }
    purge.orphans(&mut report).await?;
    Ok(report)
}

struct Purge<'a> {
    app: &'a App,
    cx: Context,
    policy: &'a PurgePolicy,
}

impl Purge<'_> {
    async fn finish(&self, directory: Directory, report: &mut PurgeReport) -> Result<(), LifeError> {
        let session = self.session(&directory).await?;
        let multipart = session.as_ref().and_then(|session| session.multipart.as_ref());
        let keys = self.app.sessions.keys(&directory.name, &directory.id);
        let part = multipart.map(|part| (self.app.sessions.part_key(&keys, &part.target), part.upload.clone()));
        let age = match &part {
            Some((key, upload)) => {
                self.newest_part(key, upload).await?.map_or(directory.age, |age| age.min(directory.age))
            }
            None => directory.age,
        };
        if !self.is_over(age, session.as_ref()) {
            report.sessions_kept += 1;
            return Ok(());
        }
        report.sessions_removed += 1;
        report.bytes_removed += directory.bytes;
        if let Some((key, upload)) = part {
            report.multipart_aborted += 1;
            if !self.policy.dry_run {
                self.app.storage.abort_upload(&self.cx, &key, &upload).await?;
            }
        }
        if !self.policy.dry_run {
            self.app.storage.delete(&self.cx, &directory.keys).await?;
        }
        Ok(())
    }

    /// The session of a directory that looks old enough; others need not be read.
    async fn session(&self, directory: &Directory) -> Result<Option<Session>, StorageError> {
        if directory.age < self.policy.older_than && !self.by_start() {
            return Ok(None);
        }
        let keys = self.app.sessions.keys(&directory.name, &directory.id);
        self.app.sessions.load(&self.cx, &keys, None).await
    }

    fn by_start(&self) -> bool {
        self.app.config.defects.has(&purge_by_start::DEFECT)
    }

    fn is_over(&self, age: Duration, session: Option<&Session>) -> bool {
        if let Some(session) = session.filter(|_| self.by_start()) {
            return purge_by_start::age(self.app.storage.clock(), session) >= self.policy.older_than;
        }
        age >= self.policy.older_than
    }

    /// Time since the last part was stored; `None` if there is no part or no such upload.
    async fn newest_part(&self, key: &str, upload: &str) -> Result<Option<Duration>, StorageError> {
        match self.app.storage.last_part_age(&self.cx, key, upload).await {
            Err(error) if error.kind() == Kind::UploadGone => Ok(None),
            other => other,
        }
    }

    /// Multipart uploads of the layout that no session owns (any more).
    async fn orphans(&self, report: &mut PurgeReport) -> Result<(), LifeError> {
        for prefix in [self.app.layout.blobs(), self.app.layout.repositories()] {
            let mut markers = None;
            loop {
                let (page, next) = self.app.storage.list_aged_uploads(&self.cx, &prefix, markers.as_ref()).await?;
                for upload in page {
                    if self.is_orphan(&upload).await? {
                        report.multipart_aborted += 1;
                        if !self.policy.dry_run {
                            self.app.storage.abort_upload(&self.cx, &upload.key, &upload.id).await?;
                        }
                    }
                }
                if next.is_none() {
                    break;
                }
                markers = next;
            }
        }
        Ok(())
    }

    async fn is_orphan(&self, upload: &AgedUpload) -> Result<bool, StorageError> {
        let limit = self.policy.older_than;
        if upload.age.is_none_or(|age| age < limit) {
            return Ok(false);
        }
        if self.newest_part(&upload.key, &upload.id).await?.is_some_and(|age| age < limit) {
            return Ok(false);
        }
        // A session that is still there was judged by its own age.
        match upload.key.strip_prefix(&self.app.layout.repositories()).and_then(path::read) {
            Some((_, Entry::Upload(_))) => {
                let directory = upload.key.rsplit_once('/').map_or("", |(directory, _)| directory);
                let mut walk = Walk::new(&self.app.storage, &self.cx, format!("{directory}/"));
                Ok(walk.next().await?.is_none())
            }
            _ => Ok(true),
        }
    }
}
