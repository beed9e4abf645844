//! Containers of a run: an engine is found, images are there or fetched, containers start with limits, and nothing is left of a run
//! that was ended, whatever ended it.
//!
//! - [`engine`]: which engine there is, and where containers find the host;
//! - [`Container`]: one container, removed when it is dropped; [`compose`]: those of a compose file;
//! - [`reap`]: removes what runs that are gone have left;
//! - [`port`]: ports for what is started with one, a process as well as a container.
//!
//! Not here: what runs in a container (the engine's system files say that), and when it is ready.

pub mod compose;
mod container;
pub mod engine;
mod image;
mod owner;
pub mod port;
mod reap;
mod runtime;

pub use container::{Container, Ended, Lines, Wanted};
pub use image::{Image, is_here, require};
pub use owner::Owner;
pub use reap::reap;

/// Why there is no container.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing answers where an engine should be.
    #[error("no container engine: {0}")]
    NoEngine(String),
    /// Nothing here reads compose files.
    #[error("no compose tool: {0}")]
    NoCompose(String),
    /// The image is not here and cannot be fetched.
    #[error("no image {image}: {reason}")]
    NoImage {
        /// As it was asked for.
        image: String,
        /// What the engine says, in one line.
        reason: String,
    },
    /// The engine did not do what it was told.
    #[error("{what}: {reason}")]
    Engine {
        /// What it was told.
        what: String,
        /// What it says, in one line.
        reason: String,
    },
}

impl Error {
    /// What came of a request to the engine: its own answer, or that there is none.
    fn told(what: impl Into<String>, error: testcontainers::bollard::errors::Error) -> Self {
        match error {
            testcontainers::bollard::errors::Error::DockerResponseServerError { message, .. } => {
                Self::engine(what, message)
            }
            silent => Self::NoEngine(one_line(&silent)),
        }
    }

    fn engine(what: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Self::Engine { what: what.into(), reason: one_line(&reason) }
    }
}

fn one_line(error: &impl std::fmt::Display) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Limits of a container; what is absent is not limited.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Limits {
    /// Cores: `0.2` is a fifth of one.
    pub cpus: Option<f64>,
    /// Bytes of memory, swap included.
    pub memory: Option<u64>,
}
