//! The arguments of commands that work on somebody's bucket. Credentials come from the environment alone.

use std::env;

use shakedown_engine::StoredBucket;
use shakedown_registry::{BucketReader, Credentials, RegistryConfig, SharedCredentials};
use shakedown_wire::{Clock, Party, network};

use crate::output::Failure;

/// Which bucket.
#[derive(Debug, Clone, clap::Args)]
pub struct BucketArgs {
    /// S3 endpoint, e.g. http://127.0.0.1:9000; keys come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
    #[arg(long, value_name = "URL", env = "SHAKEDOWN_S3_ENDPOINT")]
    pub s3_endpoint: Option<String>,
    /// Bucket
    #[arg(long, env = "SHAKEDOWN_BUCKET", requires = "s3_endpoint")]
    pub bucket: Option<String>,
    /// The registry's rootdirectory in the bucket
    #[arg(long, value_name = "DIR", default_value = "", env = "SHAKEDOWN_ROOT")]
    pub root: String,
    /// Region that requests are signed for
    #[arg(long, default_value = "us-east-1", env = "AWS_REGION")]
    pub region: String,
}

impl BucketArgs {
    /// A registry's view of the bucket.
    ///
    /// # Errors
    /// Something of it was not said, or is not what it should be.
    pub fn config(&self) -> Result<RegistryConfig, Failure> {
        let endpoint = self.s3_endpoint.as_deref().ok_or_else(|| Failure::usage("--s3-endpoint is missing"))?;
        let bucket = self.bucket.as_deref().ok_or_else(|| Failure::usage("--bucket is missing"))?;
        let endpoint: http::Uri =
            endpoint.parse().map_err(|error| Failure::usage(format!("--s3-endpoint is not a URL: {error}")))?;
        if endpoint.authority().is_none() || endpoint.scheme().is_none() {
            return Err(Failure::usage("--s3-endpoint is not a URL: it needs a scheme and a host"));
        }
        let key = |name: &str| {
            env::var(name).map_err(|_| {
                Failure::usage(format!("{name} is not set: the keys of the bucket come from the environment"))
            })
        };
        let credentials = Credentials {
            access_key: key("AWS_ACCESS_KEY_ID")?,
            secret_key: key("AWS_SECRET_ACCESS_KEY")?,
            session_token: env::var("AWS_SESSION_TOKEN").ok(),
        };
        let mut config = RegistryConfig::new(endpoint, bucket, "", "");
        let shared = SharedCredentials::new("", "");
        shared.replace(credentials);
        config.storage.credentials = std::sync::Arc::new(shared);
        config.storage.region.clone_from(&self.region);
        config.storage.root_directory.clone_from(&self.root);
        Ok(config)
    }

    /// The bucket, to be read.
    ///
    /// # Errors
    /// As [`BucketArgs::config`].
    pub fn reader(&self, clock: &Clock) -> Result<StoredBucket, Failure> {
        Ok(StoredBucket(BucketReader::new(self.config()?.storage, client(), clock.clone(), 1)))
    }
}

/// The network.
pub fn client() -> Party {
    network::client(&network::NetworkOptions::default())
}
