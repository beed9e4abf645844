//! One look at the target before anything runs: a dead one is one line, not a failure of every scenario.

use std::time::Duration;

use shakedown_client::{Client, ClientOptions};
use shakedown_s3::control::ControlClient;
use shakedown_wire::Clock;
use shakedown_wire::network::{self, NetworkOptions};

use crate::options::RunOptions;
use crate::systems::{SystemChoice, url, version_of};

/// Limit for the target to say that it is there.
const LIMIT: Duration = Duration::from_secs(15);

/// What is known of the target before the first scenario.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Target {
    /// What it says of itself.
    pub(crate) version: Option<String>,
    /// The storage under it.
    pub(crate) storage: String,
}

/// Looks at the target.
///
/// # Errors
/// One line: what is not there, and what to do.
pub(crate) fn preflight(options: &RunOptions) -> Result<Target, String> {
    if let SystemChoice::Reference { defects } = &options.system {
        options.system.check()?;
        let version = match defects.as_slice() {
            [] => env!("CARGO_PKG_VERSION").to_owned(),
            defects => format!("{} with {}", env!("CARGO_PKG_VERSION"), defects.join(", ")),
        };
        return Ok(Target { version: Some(version), storage: "mock".to_owned() });
    }
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let looking = async {
        tokio::time::timeout(LIMIT, look(options)).await.unwrap_or_else(|_| {
            Err(format!("{} did not answer within {LIMIT:?}: is it running?", options.system.name()))
        })
    };
    runtime.block_on(looking)
}

async fn look(options: &RunOptions) -> Result<Target, String> {
    match &options.system {
        SystemChoice::Reference { .. } => Ok(Target::default()),
        SystemChoice::Process(file) => {
            let version = version_of(file, &options.vars).await.map_err(|error| error.to_string())?;
            Ok(Target { version: version.or_else(|| Some(file.title.clone())), storage: "mock".to_owned() })
        }
        SystemChoice::Url { registry, s3_control } => {
            let network = network::client(&NetworkOptions::default());
            let base = url::address(registry)?;
            let client = Client::new(network.clone(), ClientOptions::new(base, Clock::real_time()));
            if let Err(error) = client.ping().await.result
                && error.status().is_none()
            {
                return Err(format!("no registry answers at {registry}: {error}"));
            }
            let storage = match s3_control {
                None => "unknown".to_owned(),
                Some(control) => {
                    let client = ControlClient::new(network, url::address(control)?.to_string());
                    client
                        .time()
                        .await
                        .map_err(|error| format!("no S3 mock can be controlled at {control}: {error}"))?;
                    "mock".to_owned()
                }
            };
            Ok(Target { version: None, storage })
        }
    }
}
