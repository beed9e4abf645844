//! The systems a run can drive: one file per kind. Each gives a front that answers the registry API, and can be restarted.

mod abilities;
pub(crate) mod cgroup;
mod child;
mod container;
mod deviation;
mod file;
mod lacking;
mod login;
mod named;
mod place;
mod process;
mod redis;
mod redis_container;
mod reference;
mod replicas;
mod stores;
pub(crate) mod url;

use std::fmt;

use futures_util::future::LocalBoxFuture;
use shakedown_registry::DefectSet;
use shakedown_reports::LogFormat;
use shakedown_scenario::RegistrySettings;
use shakedown_scenario::steps::{ExpireStep, GcStep, PurgeStep, Untagged};

use crate::view::ViewError;

pub use abilities::Abilities;
pub(crate) use abilities::Look;
pub use child::find_program;
pub(crate) use child::{Child, Launch, Line, Log};
pub(crate) use container::{ContainerSystem, Fronted, NO_ENGINE, refused};
pub use deviation::Deviation;
pub(crate) use deviation::{DAY, TO_FILL_IN};
pub(crate) use file::{NAMES, fill};
pub use file::{PartSize, Ready, Settings, Switch, SystemFile, SystemFileError, VersionCommand, parse_yaml};
pub(crate) use lacking::{cannot_ask, cannot_cache, cannot_pull_through, cannot_set, kind_of};
pub use place::{ComposePlace, ContainerPlace, FrontPlace, LimitsOf, StorageOf};
pub(crate) use process::{ProcessSystem, Storage, proxy_variables, version_of};
pub(crate) use redis::{PROGRAMS as REDIS_PROGRAMS, Redis};
pub(crate) use redis_container::RedisContainer;
pub(crate) use reference::{AUTHORITY as REFERENCE_AUTHORITY, ReferenceSystem, Wrap, settings_of_reference};
pub(crate) use replicas::{Replicas, round_robin};
pub use stores::StartedStore;
pub(crate) use url::UrlSystem;

/// The registry under test.
#[derive(Debug, Clone, PartialEq)]
pub enum SystemChoice {
    /// The reference registry, in this process.
    Reference {
        /// Ids of seeded defects.
        defects: Vec<String>,
        /// Ids of allowed behaviours that are not its own.
        allowed: Vec<String>,
    },
    /// A child process or a container for each scenario, on the S3 mock.
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
    /// True if there is nothing to do without a container engine.
    pub fn needs_containers(&self) -> bool {
        matches!(self, Self::Process(file) if file.needs_containers())
    }

    /// How it writes its log.
    pub(crate) fn log_format(&self) -> LogFormat {
        match self {
            Self::Process(file) => file.log,
            Self::Reference { .. } | Self::Url { .. } => LogFormat::Plain,
        }
    }

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
            Self::Reference { defects, allowed } => {
                reference::defects(defects).map(|_: DefectSet| ())?;
                reference::allowed(allowed).map(|_| ())
            }
            Self::Process(_) => Ok(()),
            Self::Url { registry, s3_control } => {
                let address = |text: &str| url::address(text).map(|_| ());
                address(registry)?;
                s3_control.as_deref().map_or(Ok(()), address)
            }
        }
    }
}

/// What is to be cleaned up.
#[derive(Debug, Clone)]
pub(crate) enum Cleaning {
    /// Garbage.
    Gc(GcStep),
    /// Uploads.
    Purge(PurgeStep),
    Expire(ExpireStep),
}

impl Cleaning {
    /// The arguments of a program that collects garbage, which are told without and with the removal of what is untagged; `None` for all else.
    fn gc_args(&self, gc: Option<&[Vec<String>; 2]>) -> Option<Vec<String>> {
        let Self::Gc(step) = self else { return None };
        let [keep, remove] = gc?;
        Some(if step.untagged == Untagged::Remove { remove.clone() } else { keep.clone() })
    }
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Cleaned {
    /// It went through.
    pub(crate) went_well: bool,
    /// What the system says.
    pub(crate) said: String,
}

/// A registry in progress.
pub(crate) trait Running: fmt::Debug {
    /// Ends it, with or without a chance to finish, and starts it again at the same address on the same storage.
    fn restart(&mut self, kill: bool) -> LocalBoxFuture<'_, Result<(), ViewError>>;

    /// The same with one of its replicas, counted from 1.
    fn restart_replica(&mut self, replica: usize, _kill: bool) -> LocalBoxFuture<'_, Result<(), ViewError>> {
        Box::pin(async move { Err(environment(format!("replica {replica}"), "the system is a single instance")) })
    }

    /// Changes settings; they hold from the next start.
    ///
    /// # Errors
    /// The system's settings are fixed.
    fn configure(&mut self, _settings: &RegistrySettings) -> Result<(), ViewError> {
        Err(environment("restart", "this system cannot be given other settings"))
    }

    /// Collects garbage or purges uploads of its storage.
    fn clean<'a>(&'a mut self, _work: &'a Cleaning) -> LocalBoxFuture<'a, Result<Cleaned, ViewError>> {
        Box::pin(async move { Err(environment("the system", "its storage cannot be cleaned up by us")) })
    }

    /// Why nothing can be said of it, if it is not what we left it: somebody else ended it, or what it runs on is gone.
    fn lost(&mut self) -> LocalBoxFuture<'_, Option<ViewError>> {
        Box::pin(async { None })
    }

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
