//! `serve registry --upstream`: the registry as a pull-through cache of another one, by hand.

use std::time::Duration;

use http::Uri;
use shakedown_faults::Span;
use shakedown_registry::{Secret, UpstreamConfig, UpstreamCredentials};
use shakedown_wire::{Party, Request, network};

use crate::credentials;
use crate::output::Failure;

/// Of which registry it is a cache.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "A pull-through cache")]
pub(super) struct UpstreamArgs {
    /// Fetches what is not there from the registry at this URL, and keeps it; pushes are refused
    #[arg(long, value_name = "URL", env = "SHAKEDOWN_UPSTREAM", conflicts_with = "redirect")]
    upstream: Option<Uri>,
    /// User and password for the upstream: env:NAME, file:PATH or `prompt` for USER:PASSWORD; sent to it and its token server alone
    #[arg(long, value_name = "SOURCE", env = "SHAKEDOWN_UPSTREAM_AUTH", hide_env_values = true, requires = "upstream")]
    upstream_auth: Option<String>,
    /// With --gc-every, lets go what was fetched longer ago than this; what is asked for again is fetched again
    #[arg(long, value_name = "DURATION", requires_all = ["upstream", "gc_every"], env = "SHAKEDOWN_EXPIRE_OLDER")]
    expire_older: Option<Span>,
}

impl UpstreamArgs {
    /// What the registry is told.
    ///
    /// # Errors
    /// A URL that is no registry's, credentials that cannot be read.
    pub(super) fn read(&self) -> Result<Option<UpstreamConfig>, Failure> {
        let Some(base) = &self.upstream else { return Ok(None) };
        let is_http = matches!(base.scheme_str(), Some("http" | "https")) && base.authority().is_some();
        let has_user = base.authority().is_some_and(|authority| authority.as_str().contains('@'));
        if !is_http || has_user {
            return Err(Failure::usage(
                "--upstream is a URL such as https://registry.test:5000; a user is given by --upstream-auth",
            ));
        }
        let credentials = match &self.upstream_auth {
            None => UpstreamCredentials::Anonymous,
            Some(source) => {
                let (username, password) = credentials::login(source, "--upstream-auth")?;
                UpstreamCredentials::Basic { username, password: Secret::new(password) }
            }
        };
        Ok(Some(UpstreamConfig { base: base.clone(), credentials }))
    }

    /// The way to the storage and to the upstream; a storage in memory is no host of the network.
    pub(super) fn beside(&self, storage: Party, in_memory: bool) -> Party {
        if self.upstream.is_none() || !in_memory {
            return storage;
        }
        let network = network::client(&network::NetworkOptions::default());
        Party::from_fn(move |request: Request| {
            let is_storage = request.uri().authority().is_some_and(|authority| authority == super::MOCK_AUTHORITY);
            let party = if is_storage { storage.clone() } else { network.clone() };
            async move { party.send(request).await }
        })
    }

    /// How old what was fetched may become.
    pub(super) fn expiry(&self) -> Option<Duration> {
        self.expire_older.map(|span| span.0)
    }

    /// What it is, for people.
    pub(super) fn title(&self) -> String {
        match self.upstream.as_ref().and_then(Uri::authority) {
            Some(upstream) => format!("pull-through cache of {upstream}"),
            None => "registry".to_owned(),
        }
    }
}
