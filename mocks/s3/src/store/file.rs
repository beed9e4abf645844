//! The file store: contents are files under a directory, the index is a log of changes that is replayed at start.
//!
//! ```text
//! DIR/lock            one store at a time
//! DIR/data/<number>   one content each, never changed once it has its name; shared between copies
//! DIR/index.ndjson    one change of the index a line, written anew at each start
//! ```
//!
//! A content gets its name by a rename after its last byte; a line refers only to contents that have a name. So a crash leaves at
//! most contents nobody refers to (removed at the next start) and half a last line (ignored). Nothing is synced to disk at each
//! write: this store is for sizes beyond memory, not for surviving a power cut.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::io::AsyncWriteExt;

use super::backend::{Backend, Change, Extent, Writer};
use super::content::{Content, DataFile, Piece};
use crate::error::{Code, S3Error};

/// Bytes gathered before they are written.
const GATHERED: usize = 256 << 10;

/// Why a directory cannot be used as a store.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file system said no.
    #[error("cannot use {path} as a store: {source}")]
    Io {
        /// What was touched.
        path: PathBuf,
        /// Its words.
        source: io::Error,
    },
    /// Another store has it.
    #[error("{path} is in use by another store: stop that one or choose another directory")]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// A line of the index cannot be read.
    #[error("{path}:{line} is not a line of a store's index ({reason}): choose another directory or remove it")]
    Index {
        /// The index.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

impl OpenError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Io { path, source }
    }
}

/// Keeps contents in files and the index in a log.
#[derive(Debug)]
pub(crate) struct FileBackend {
    data: PathBuf,
    next: AtomicU64,
    log: Mutex<BufWriter<File>>,
    closing: Arc<AtomicBool>,
    /// Held for its lock.
    _lock: File,
}

/// Contents by the name of their file, while a log is replayed.
pub(crate) struct Contents(BTreeMap<String, Arc<DataFile>>);

impl Contents {
    /// The content a line refers to.
    pub(super) fn content(&self, extents: &[Extent]) -> Option<Content> {
        let piece =
            |extent: &Extent| Some(Piece::file(self.0.get(&extent.file)?.clone(), extent.offset, extent.length));
        extents.iter().map(piece).collect::<Option<Vec<_>>>().map(Content::new)
    }
}

/// A directory that was opened: what its log says, and the contents it refers to.
pub(crate) struct Opened {
    pub(crate) backend: FileBackend,
    pub(crate) changes: Vec<Change<'static>>,
    pub(crate) contents: Contents,
}

/// Opens (or makes) a store's directory. The log is written anew by whoever replays the changes.
pub(crate) fn open(directory: &Path) -> Result<Opened, OpenError> {
    let data = directory.join("data");
    fs::create_dir_all(&data).map_err(OpenError::io(&data))?;
    let lock = lock(directory)?;
    let index = directory.join("index.ndjson");
    let changes = read_log(&index)?;
    // Nothing is removed before the index is whole again (`settle`).
    let closing = Arc::new(AtomicBool::new(true));
    let (contents, next) = find_contents(&data, &closing)?;
    let fresh = directory.join("index.ndjson.new");
    let log = File::create(&fresh).map_err(OpenError::io(&fresh))?;
    let backend =
        FileBackend { data, next: AtomicU64::new(next), log: Mutex::new(BufWriter::new(log)), closing, _lock: lock };
    Ok(Opened { backend, changes, contents })
}

fn lock(directory: &Path) -> Result<File, OpenError> {
    let path = directory.join("lock");
    let file = OpenOptions::new().create(true).append(true).open(&path).map_err(OpenError::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(OpenError::InUse { path: directory.to_owned() }),
        Err(fs::TryLockError::Error(source)) => Err(OpenError::Io { path, source }),
    }
}

/// All whole lines. The last one may be half written.
fn read_log(path: &Path) -> Result<Vec<Change<'static>>, OpenError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(OpenError::Io { path: path.to_owned(), source }),
    };
    let mut reader = BufReader::new(file);
    let mut changes = Vec::new();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        reader.read_until(b'\n', &mut line).map_err(OpenError::io(path))?;
        if line.last() != Some(&b'\n') {
            break;
        }
        let change = serde_json::from_slice(&line).map_err(|error| OpenError::Index {
            path: path.to_owned(),
            line: number,
            reason: error.to_string(),
        })?;
        changes.push(change);
    }
    Ok(changes)
}

/// The contents that have a name, and the next number to give. What is half written is removed.
fn find_contents(data: &Path, closing: &Arc<AtomicBool>) -> Result<(Contents, u64), OpenError> {
    let mut files = BTreeMap::new();
    let mut next = 0;
    for entry in fs::read_dir(data).map_err(OpenError::io(data))? {
        let path = entry.map_err(OpenError::io(data))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        match u64::from_str_radix(&name, 16) {
            Ok(number) => {
                next = next.max(number + 1);
                files.insert(name.clone(), Arc::new(DataFile { name, path, closing: closing.clone() }));
            }
            Err(_) if name.ends_with(".part") => fs::remove_file(&path).map_err(OpenError::io(&path))?,
            Err(_) => {}
        }
    }
    Ok((Contents(files), next))
}

impl FileBackend {
    /// The replayed index is all in the new log: it takes the place of the old one.
    pub(crate) fn settle(&self) -> Result<(), OpenError> {
        let directory = self.data.parent().unwrap_or(&self.data);
        let (from, to) = (directory.join("index.ndjson.new"), directory.join("index.ndjson"));
        self.log().flush().map_err(OpenError::io(&from))?;
        fs::rename(&from, &to).map_err(OpenError::io(&to))?;
        self.closing.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// The new log could not be written.
    pub(super) fn unwritable(&self, error: &S3Error) -> OpenError {
        OpenError::Io { path: self.data.clone(), source: io::Error::other(error.to_string()) }
    }

    fn log(&self) -> std::sync::MutexGuard<'_, BufWriter<File>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for FileBackend {
    fn drop(&mut self) {
        // From now on a content whose last reference goes stays on disk: the log still refers to it.
        self.closing.store(true, Ordering::Relaxed);
    }
}

impl Backend for FileBackend {
    fn writer(&self) -> BoxFuture<'_, Result<Box<dyn Writer>, S3Error>> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let name = format!("{number:012x}");
        async move {
            let unfinished = Unfinished(Some(self.data.join(format!("{name}.part"))));
            let path = unfinished.path();
            let file = tokio::fs::File::create(path).await.map_err(|error| failed(path, &error))?;
            let writer: Box<dyn Writer> = Box::new(FileWriter {
                target: Target { path: self.data.join(&name), name, closing: self.closing.clone() },
                unfinished,
                file,
                gathered: BytesMut::new(),
                length: 0,
            });
            Ok(writer)
        }
        .boxed()
    }

    fn keep(&self, change: &Change<'_>) -> Result<(), S3Error> {
        let mut line = serde_json::to_vec(change).map_err(|_| Code::InternalError)?;
        line.push(b'\n');
        let mut log = self.log();
        log.write_all(&line).and_then(|()| log.flush()).map_err(|error| failed(Path::new("index.ndjson"), &error))
    }
}

fn failed(path: &Path, error: &io::Error) -> S3Error {
    tracing::error!(path = %path.display(), %error, "the S3 store cannot write");
    match error.kind() {
        io::ErrorKind::StorageFull => S3Error::new(Code::ServiceUnavailable, "The store is full."),
        _ => Code::InternalError.into(),
    }
}

/// A file without its name yet; removed if it never gets one.
struct Unfinished(Option<PathBuf>);

impl Unfinished {
    fn path(&self) -> &Path {
        self.0.as_deref().unwrap_or(Path::new(""))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // It may not even exist; the next start would remove it, too.
            let _ = fs::remove_file(path);
        }
    }
}

/// A name that was given to nothing yet: until the rename, dropping it must not remove a file.
struct Target {
    name: String,
    path: PathBuf,
    closing: Arc<AtomicBool>,
}

struct FileWriter {
    target: Target,
    unfinished: Unfinished,
    file: tokio::fs::File,
    gathered: BytesMut,
    length: u64,
}

impl FileWriter {
    async fn flush(&mut self) -> Result<(), S3Error> {
        let result = self.file.write_all(&self.gathered).await;
        self.gathered.clear();
        result.map_err(|error| failed(self.unfinished.path(), &error))
    }
}

impl Writer for FileWriter {
    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<(), S3Error>> {
        self.length += bytes.len() as u64;
        self.gathered.extend_from_slice(&bytes);
        async move { if self.gathered.len() >= GATHERED { self.flush().await } else { Ok(()) } }.boxed()
    }

    fn finish(mut self: Box<Self>) -> BoxFuture<'static, Result<Content, S3Error>> {
        async move {
            if self.length == 0 {
                return Ok(Content::default());
            }
            self.flush().await?;
            self.file.flush().await.map_err(|error| failed(self.unfinished.path(), &error))?;
            let Target { name, path, closing } = self.target;
            tokio::fs::rename(self.unfinished.path(), &path).await.map_err(|error| failed(&path, &error))?;
            self.unfinished.0 = None;
            let file = Arc::new(DataFile { name, path, closing });
            Ok(Content::new(vec![Piece::file(file, 0, self.length)]))
        }
        .boxed()
    }
}
