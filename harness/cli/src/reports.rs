//! Report files: what `--report FORMAT=PATH` asks for, written at the end, and events written while the run goes.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use shakedown_reports::{Event, FORMATS, Format, Keep, Options, Report};

use crate::output::Failure;

/// The format that is written while the run goes.
const STREAMED: &str = "ndjson";

/// Where one more report goes.
#[derive(Debug, Clone)]
pub struct Target {
    /// How.
    pub format: &'static Format,
    /// Where.
    pub path: PathBuf,
}

impl Target {
    /// Reads `FORMAT=PATH`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let names = || FORMATS.iter().map(|format| format.name).collect::<Vec<_>>().join(", ");
        let (name, path) = text.split_once('=').ok_or_else(|| format!("write FORMAT=PATH, with one of {}", names()))?;
        let format = Format::named(name).ok_or_else(|| format!("there is no format `{name}`, only {}", names()))?;
        if path.is_empty() {
            return Err(format!("write {name}=PATH"));
        }
        Ok(Self { format, path: PathBuf::from(path) })
    }

    /// The JSON report in a folder.
    pub fn json_in(folder: &Path) -> Self {
        Self { format: Format::named("json").expect("a built-in format"), path: folder.join("report.json") }
    }

    /// Writes the report.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(&self, report: &Report) -> Result<(), Failure> {
        write_text(&self.path, &self.format.text(report, &Options::default()))
    }

    /// True if it is written while the run goes.
    pub fn is_streamed(&self) -> bool {
        self.format.name == STREAMED
    }
}

/// The files that get each event as it comes.
pub struct Streams {
    files: Mutex<Vec<(PathBuf, File)>>,
    broken: Mutex<Option<Failure>>,
    keep: Keep,
}

impl Streams {
    /// Opens the files before anything runs, so that a wrong path is known early.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(targets: &[Target], keep: Keep) -> Result<Self, Failure> {
        let mut files = Vec::new();
        for path in targets.iter().filter(|target| target.is_streamed()).map(|target| target.path.clone()) {
            let file =
                in_folder(&path).and_then(|()| File::create(&path)).map_err(|error| unwritable(&path, &error))?;
            files.push((path, file));
        }
        Ok(Self { files: Mutex::new(files), broken: Mutex::default(), keep })
    }

    /// Writes one event to all of them. The first error is kept for [`Streams::close`]; a file that failed gets no more.
    pub fn write(&self, event: &Event) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if files.is_empty() {
            return;
        }
        let line = event.clone().kept(self.keep).line();
        files.retain_mut(|(path, file)| match file.write_all(line.as_bytes()) {
            Ok(()) => true,
            Err(error) => {
                let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
                broken.get_or_insert_with(|| unwritable(path, &error));
                false
            }
        });
    }

    /// Says whether everything was written.
    ///
    /// # Errors
    /// The first that there was.
    pub fn close(self) -> Result<(), Failure> {
        self.broken.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }
}

/// Writes a file, and the folder it is in if need be.
///
/// # Errors
/// Those of the file system.
pub fn write_text(path: &Path, text: &str) -> Result<(), Failure> {
    in_folder(path).and_then(|()| std::fs::write(path, text)).map_err(|error| unwritable(path, &error))
}

fn in_folder(path: &Path) -> std::io::Result<()> {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).map_or(Ok(()), std::fs::create_dir_all)
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::environment(format!(
        "cannot write {}: {error}; choose another path or another folder with --out",
        path.display()
    ))
}
