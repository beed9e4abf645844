//! `shakedown serve registry`: who may do what. Not here: the token server (`token`).

use std::path::PathBuf;

use shakedown_registry::{AuthConfig, BasicConfig, BearerConfig, KeySet};

use crate::output::Failure;

/// Largest file that is read, in bytes.
const LARGEST: u64 = 4 << 20;

/// Who may do what; without these options everybody may do everything.
#[derive(Debug, clap::Args)]
pub(super) struct AuthArgs {
    /// Users and passwords: an htpasswd file with bcrypt hashes (`htpasswd -B`)
    #[arg(long, value_name = "FILE", env = "SHAKEDOWN_HTPASSWD", conflicts_with = "token_realm")]
    htpasswd: Option<PathBuf>,
    /// A user of --htpasswd who may only pull; may be given more than once
    #[arg(
        long = "reader",
        value_name = "USER",
        env = "SHAKEDOWN_READER",
        value_delimiter = ',',
        requires = "htpasswd"
    )]
    readers: Vec<String>,
    /// Lets everybody pull; with --htpasswd only users push, without it nobody does
    #[arg(long, env = "SHAKEDOWN_ANONYMOUS_PULL", conflicts_with = "token_realm")]
    anonymous_pull: bool,
    /// Wants tokens, to be had at this URL (`shakedown serve token` prints it)
    #[arg(long, value_name = "URL", env = "SHAKEDOWN_TOKEN_REALM", requires = "token_jwks")]
    token_realm: Option<String>,
    /// The token server's public keys (JWKS)
    #[arg(long, value_name = "FILE", env = "SHAKEDOWN_TOKEN_JWKS", requires = "token_realm")]
    token_jwks: Option<PathBuf>,
    /// The service that tokens must be for
    #[arg(long, value_name = "NAME", default_value = "registry", env = "SHAKEDOWN_TOKEN_SERVICE")]
    token_service: String,
    /// The issuer that tokens must be of
    #[arg(long, value_name = "NAME", default_value = "shakedown", env = "SHAKEDOWN_TOKEN_ISSUER")]
    token_issuer: String,
}

impl AuthArgs {
    /// True if the registry is to ask who comes.
    pub(super) fn is_given(&self) -> bool {
        self.htpasswd.is_some() || self.token_realm.is_some() || self.anonymous_pull
    }

    /// Reads the files.
    pub(super) fn load(&self) -> Result<AuthConfig, Failure> {
        if let Some(file) = &self.htpasswd {
            let users = read(file)?.parse().map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
            let config = BasicConfig::new(users);
            if let Some(unknown) = self.readers.iter().find(|name| !config.users.users().any(|user| user == *name)) {
                return Err(Failure::usage(format!("--reader: {unknown} is not in {}", file.display())));
            }
            let readers = self.readers.iter().cloned().collect();
            return Ok(AuthConfig::Basic(BasicConfig { readers, anonymous_pull: self.anonymous_pull, ..config }));
        }
        if let (Some(realm), Some(file)) = (&self.token_realm, &self.token_jwks) {
            if !realm.starts_with("http://") && !realm.starts_with("https://") {
                return Err(Failure::usage(format!("--token-realm: `{realm}` is not a URL")));
            }
            let keys = KeySet::from_json(&read(file)?)
                .map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
            return Ok(AuthConfig::Bearer(BearerConfig::new(realm, &self.token_service, &self.token_issuer, keys)));
        }
        Ok(if self.anonymous_pull { AuthConfig::PullOnly } else { AuthConfig::Open })
    }
}

fn read(file: &PathBuf) -> Result<String, Failure> {
    let failed = |error: std::io::Error| Failure::usage(format!("cannot read {}: {error}", file.display()));
    if std::fs::metadata(file).map_err(failed)?.len() > LARGEST {
        return Err(Failure::usage(format!("{} has more than {LARGEST} bytes", file.display())));
    }
    std::fs::read_to_string(file).map_err(failed)
}
