//! A store of somebody's under the registry of a run: its arguments, and the directory in it that is ours. Not here: where keys come
//! from (`qualify::keys`), and what is done there (`shakedown-engine`).

use std::path::PathBuf;

use shakedown_engine::{ForeignStorage, StartedStore, SystemFile};
use shakedown_probe::{Level, MARKER, Plan};
use shakedown_registry::Credentials;

use super::qualify::{keys, url};
use super::run::podman;
use crate::output::{Failure, Output};

/// Which store.
#[derive(Debug, Clone, clap::Args)]
pub struct StoreArgs {
    /// Runs on this S3 storage instead of the mock, in a directory of its own that is removed afterwards; what scenarios want to go wrong is
    /// done by a proxy before it, what only the mock can do is skipped. Keys as for `shakedown qualify`
    #[arg(long, value_name = "URL", requires = "bucket")]
    s3_endpoint: Option<String>,
    /// Starts this store for the run, as a process or in a container, and uses it instead of the mock: minio, seaweedfs, moto, s3s-fs,
    /// mock-container, or a file (*.yaml) that tells of one in the words of system files
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "s3_endpoint", env = "SHAKEDOWN_STORE")]
    store: Option<String>,
    /// With --s3-endpoint: the bucket; it must exist
    #[arg(long, env = "SHAKEDOWN_BUCKET")]
    bucket: Option<String>,
    /// With --s3-endpoint: the region that requests are signed for
    #[arg(long, default_value = "us-east-1", env = "AWS_REGION")]
    region: String,
    /// With --s3-endpoint: a profile of ~/.aws/credentials [default: AWS_PROFILE, or `default`]
    #[arg(long, value_name = "NAME")]
    aws_profile: Option<String>,
    /// With --s3-endpoint: PEM with certificates to trust besides the well-known ones
    #[arg(long, value_name = "FILE")]
    s3_ca: Option<PathBuf>,
}

impl StoreArgs {
    /// The file of the store that is to be started.
    ///
    /// # Errors
    /// There is none of that name, or something is wrong with it.
    fn file(&self) -> Result<Option<SystemFile>, Failure> {
        self.store.as_deref().map(SystemFile::store).transpose().map_err(Failure::usage)
    }

    /// Starts the store that is to be started; it lives as long as what this gives.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(&self, vars: &[(String, String)], output: &Output) -> Result<Option<StartedStore>, Failure> {
        let Some(file) = self.file()? else { return Ok(None) };
        output.note(&format!("starting {}", file.title));
        if file.needs_containers() {
            podman::use_it_if_there_is_nothing_else();
        }
        let vars = vars.iter().cloned().collect();
        let started = StartedStore::start(&file, &vars, shakedown_engine::fresh_id());
        started.map(Some).map_err(|error| Failure::environment(error.to_string()))
    }

    /// The store, if one is named or was started.
    ///
    /// # Errors
    /// The address is none, or there are no keys.
    pub fn read(&self, started: Option<&StartedStore>) -> Result<Option<ForeignStorage>, Failure> {
        if let Some(started) = started {
            return Ok(Some(with_directory(started.place.clone())));
        }
        let (Some(endpoint), Some(bucket)) = (&self.s3_endpoint, &self.bucket) else { return Ok(None) };
        let credentials = keys::find(self.aws_profile.as_deref())?;
        let endpoint = url("--s3-endpoint", endpoint)?;
        let roots_pem = self.s3_ca.as_ref().map(std::fs::read).transpose();
        let roots_pem = roots_pem.map_err(|error| Failure::usage(format!("cannot read --s3-ca: {error}")))?;
        foreign("--s3-endpoint", endpoint, bucket, &self.region, credentials, roots_pem).map(Some)
    }
}

/// A directory of a bucket that nobody else uses; what a crashed run leaves there `qualify --clean` removes.
///
/// # Errors
/// The address has a path, or the keys are of a kind that registries do not take.
pub(super) fn foreign(
    flag: &str,
    endpoint: http::Uri,
    bucket: &str,
    region: &str,
    credentials: Credentials,
    roots_pem: Option<Vec<u8>>,
) -> Result<ForeignStorage, Failure> {
    if !matches!(endpoint.path(), "" | "/") || endpoint.query().is_some() {
        return Err(Failure::usage(format!("{flag}: registries are told no path here; write SCHEME://HOST:PORT")));
    }
    if credentials.session_token.is_some() {
        return Err(Failure::usage("registries are told two keys and no session token: use keys that need none"));
    }
    Ok(with_directory(ForeignStorage {
        endpoint,
        bucket: bucket.to_owned(),
        region: region.to_owned(),
        access_key: credentials.access_key,
        secret_key: credentials.secret_key,
        directory: String::new(),
        marker: String::new(),
        roots_pem,
    }))
}

fn with_directory(place: ForeignStorage) -> ForeignStorage {
    let directory = Plan::new(Level::Quick, shakedown_engine::fresh_id()).prefix();
    ForeignStorage { directory, marker: MARKER.to_owned(), ..place }
}
