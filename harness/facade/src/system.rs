//! A system that stands by itself, for clients that a test brings. Not here: how it is started (`shakedown-engine`).

use shakedown_engine::{HostOptions, Hosted, SystemChoice};

use crate::background::Background;
use crate::{Error, S3};

/// A registry on loopback: the reference registry, or what a system file tells of. It ends when it is dropped.
///
/// ```
/// use shakedown::System;
///
/// let registry = System::start("reference").unwrap();
/// assert!(registry.url().starts_with("http://127.0.0.1:"));
/// ```
#[derive(Debug)]
pub struct System {
    url: String,
    _background: Background,
}

impl System {
    /// Starts the system of this name (as of `--system`: `reference`, `reference+DEFECT`, `distribution-2.8`, `my-registry.yaml`) on an S3
    /// of its own, and waits until it is ready.
    ///
    /// # Errors
    /// There is no such system, its program is not there, or it does not start.
    pub fn start(name: &str) -> Result<Self, Error> {
        Self::hosted(name, HostOptions::default())
    }

    /// The same on an S3 whose faults and calls the test has in its hands.
    ///
    /// # Errors
    /// As for [`System::start`].
    pub fn on(s3: &S3, name: &str) -> Result<Self, Error> {
        Self::hosted(name, HostOptions { storage: Some(s3.host_storage()), ..HostOptions::default() })
    }

    fn hosted(name: &str, options: HostOptions) -> Result<Self, Error> {
        let choice = SystemChoice::named(name, None).map_err(Error::Mistake)?;
        choice.check().map_err(Error::Mistake)?;
        if let SystemChoice::Url { .. } = choice {
            return Err(Error::Mistake(format!("{name} runs already: there is nothing to start")));
        }
        let begin = async move || {
            let started = Box::pin(Hosted::start(&choice, &options)).await;
            let hosted = started.map_err(|error| Error::Environment(error.to_string()))?;
            Ok((hosted.base().to_string().trim_end_matches('/').to_owned(), hosted))
        };
        let (url, background) = Background::begin(begin, async |hosted: Hosted| hosted.stop().await)?;
        Ok(Self { url, _background: background })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }
}
