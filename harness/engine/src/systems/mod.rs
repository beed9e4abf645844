//! The systems a run can drive: one file per kind. Each gives a front that answers the registry API, and can be restarted.

mod child;
mod file;
mod process;
mod reference;
pub(crate) mod url;

use std::fmt;

use futures_util::future::LocalBoxFuture;
use shakedown_registry::DefectSet;

use crate::view::ViewError;

pub use file::{PartSize, Ready, Settings, Switch, SystemFile, SystemFileError, VersionCommand};
pub(crate) use process::{ProcessSystem, Storage, cannot_set, version_of};
pub(crate) use reference::{AUTHORITY as REFERENCE_AUTHORITY, ReferenceSystem, settings_of_reference};
pub(crate) use url::UrlSystem;

/// The registry under test.
#[derive(Debug, Clone, PartialEq)]
pub enum SystemChoice {
    /// The reference registry, in this process.
    Reference {
        /// Ids of seeded defects.
        defects: Vec<String>,
    },
    /// A child process for each scenario, on the S3 mock.
    Process(Box<SystemFile>),
    /// A registry that somebody else started.
    Url {
        /// Its address, e.g. `http://127.0.0.1:5000`.
        registry: String,
        /// The control interface of the S3 mock it stands on, if it does.
        s3_control: Option<String>,
    },
}

impl SystemChoice {
    /// The name on the command line.
    pub fn name(&self) -> String {
        match self {
            Self::Reference { .. } => "reference".to_owned(),
            Self::Process(file) => file.name.clone(),
            Self::Url { registry, .. } => registry.clone(),
        }
    }

    /// What is wrong with the choice itself, before anything runs.
    ///
    /// # Errors
    /// An unknown defect or an address that is none.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Self::Reference { defects } => reference::defects(defects).map(|_: DefectSet| ()),
            Self::Process(_) => Ok(()),
            Self::Url { registry, s3_control } => {
                let address = |text: &str| url::address(text).map(|_| ());
                address(registry)?;
                s3_control.as_deref().map_or(Ok(()), address)
            }
        }
    }
}

/// A registry in progress.
pub(crate) trait Running: fmt::Debug {
    /// Ends it, with or without a chance to finish, and starts it again at the same address on the same storage.
    fn restart(&mut self, kill: bool) -> LocalBoxFuture<'_, Result<(), ViewError>>;

    /// What it printed so far, with the time in microseconds of run time where known.
    fn log(&self) -> Vec<(Option<u64>, String)> {
        Vec::new()
    }

    /// Ends it for good.
    fn stop(&mut self) -> LocalBoxFuture<'_, ()>;
}

/// The environment does not let a system run.
pub(crate) fn environment(what: impl Into<String>, reason: impl fmt::Display) -> ViewError {
    ViewError { what: what.into(), reason: reason.to_string() }
}
