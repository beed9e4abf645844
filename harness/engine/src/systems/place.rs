//! Where a system runs, as its file says it: the container instead of a process, what stands before it, what it may use.
//! Not here: the rest of the file (`file`), and how any of it is started.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_containers::Limits;
use shakedown_scenario::Size;

/// The system runs in a container. `command` is then the program in it (the image's own if absent), `args` are its arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ContainerPlace {
    /// The image: `NAME:TAG`, or `NAME@sha256:...`.
    pub image: String,
    /// The port it listens on: what `${port}` stands for.
    pub port: u16,
    /// Where `files` are put, and where the program begins: what `${dir}` stands for.
    #[serde(default = "own_dir")]
    pub dir: String,
    /// The image of the Redis of `given.cache: shared`.
    #[serde(default)]
    pub cache_image: Option<String>,
}

/// The system is a service of a compose file, which is brought up with all its services for each scenario. Only its port is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ComposePlace {
    /// The compose file: one of `files`. They lie in one folder, `${dir}`, where relative paths begin.
    pub file: String,
    /// The service that is the registry.
    pub service: String,
    /// The port it listens on: what `${port}` stands for.
    pub port: u16,
}

fn own_dir() -> String {
    "/etc/shakedown".to_owned()
}

/// A container that stands before the system and passes requests on to `${upstream}` (`HOST:PORT`): nginx and its like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FrontPlace {
    /// The image: `NAME:TAG`, or `NAME@sha256:...`.
    pub image: String,
    /// The port it listens on.
    pub port: u16,
    /// The program in it, if not the image's own.
    #[serde(default)]
    pub command: Option<String>,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Files that are there before it starts: absolute path -> content.
    #[serde(default)]
    pub files: IndexMap<String, String>,
}

/// What each instance of the system may use. A process needs a kernel with control groups, and the right to make one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct LimitsOf {
    /// Cores: `0.2` is a fifth of one.
    pub cpus: Option<f64>,
    /// Memory, swap included.
    pub memory: Option<Size>,
}

impl LimitsOf {
    /// For containers and control groups.
    pub(crate) fn limits(self) -> Limits {
        Limits { cpus: self.cpus, memory: self.memory.map(|size| size.0) }
    }

    /// What is wrong with them.
    pub(super) fn check(self) -> Result<(), String> {
        match self {
            Self { cpus: Some(cpus), .. } if !(0.01..=1024.0).contains(&cpus) => {
                Err(format!("`limits`: `cpus: {cpus}` is no number of cores between 0.01 and 1024"))
            }
            Self { memory: Some(memory), .. } if memory.0 < 6 << 20 => {
                Err(format!("`limits`: `memory: {memory}` is less than an engine takes, 6MiB"))
            }
            _ => Ok(()),
        }
    }
}

/// What the system keeps its data in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StorageOf {
    /// The S3 mock at `${endpoint}`.
    #[default]
    Mock,
    /// Something of its own, which cannot be looked at: scenarios that need the mock are skipped.
    Own,
}
