//! The S3 mock on loopback, for registries that a test has started. Not here: what it does (`shakedown-s3`).

use std::net::{Ipv4Addr, SocketAddr};

use serde::Serialize;
use shakedown_engine::HostStorage;
use shakedown_faults::Fault;
use shakedown_s3::{Credential, S3Config, S3Mock, control, profiles};
use shakedown_wire::Clock;
use shakedown_wire::server::{self, Server, ServerOptions};

use crate::Error;
use crate::background::Background;

const BUCKET: &str = "lab";
const ACCESS_KEY: &str = "shakedown";
const SECRET_KEY: &str = "shakedown-secret";
/// Seed of ids and of random faults.
const SEED: u64 = 1;

/// An S3 in memory that does what S3 does, and misbehaves as it is told. It ends when it is dropped.
///
/// ```
/// use shakedown::{S3, json};
///
/// let s3 = S3::start().unwrap();
/// s3.set_faults([json!({ "when": { "operation": "PutObject" }, "effect": "slow-down" })]).unwrap();
/// assert!(s3.endpoint().starts_with("http://127.0.0.1:"));
/// assert_eq!(s3.calls(), []);
/// ```
#[derive(Debug)]
pub struct S3 {
    mock: S3Mock,
    endpoint: String,
    control: String,
    region: String,
    _background: Background,
}

/// A request that the storage took.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StorageCall {
    /// S3's name of the operation, e.g. `UploadPart`.
    pub operation: String,
    /// The key, or the prefix of a listing.
    pub key: String,
    /// The status of the answer; none if the connection ended instead.
    pub status: Option<u16>,
    /// What the faults that struck did, in words.
    pub faults: Vec<String>,
}

impl S3 {
    /// Starts it on a free port of loopback, with an empty bucket. May be called inside of a runtime and without one.
    ///
    /// # Errors
    /// There is no port or no thread.
    pub fn start() -> Result<Self, Error> {
        let config = S3Config::with_bucket(BUCKET, Credential::new(ACCESS_KEY, SECRET_KEY));
        let region = config.region.clone();
        let mock = S3Mock::new(config, Clock::real_time(), SEED);
        let served = mock.clone();
        let begin = async move || {
            let (s3, control) = (listen(served.party())?, listen(control::control_party(&served))?);
            Ok(((s3.base_uri(), control.base_uri()), (s3, control)))
        };
        let end = async |(s3, control): (Server, Server)| {
            s3.kill().await;
            control.kill().await;
        };
        let ((endpoint, control), background) = Background::begin(begin, end)?;
        Ok(Self { mock, endpoint, control, region, _background: background })
    }

    /// `http://127.0.0.1:PORT`; buckets are in the path.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The bucket that is there.
    pub fn bucket(&self) -> &str {
        BUCKET
    }

    /// The region that requests are signed for.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The access key.
    pub fn access_key(&self) -> &str {
        ACCESS_KEY
    }

    /// Its secret.
    pub fn secret_key(&self) -> &str {
        SECRET_KEY
    }

    /// The control interface, as `shakedown serve s3 --control` has it: what `shakedown run --system URL --s3 CONTROL-URL` takes.
    pub fn control(&self) -> &str {
        &self.control
    }

    /// Replaces all faults; each is as in `faults` of a scenario file, `on: s3` aside. None: it behaves from now on.
    ///
    /// # Errors
    /// One is no fault; which one, and what is wrong with it.
    pub fn set_faults<F: Serialize>(&self, faults: impl IntoIterator<Item = F>) -> Result<(), Error> {
        let read = |(number, fault): (usize, F)| {
            read_fault(&fault).map_err(|reason| Error::Mistake(format!("fault {}: {reason}", number + 1)))
        };
        let faults = faults.into_iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
        self.mock.injector().replace(faults, SEED);
        Ok(())
    }

    /// Makes it differ from S3 as a real store does (`shakedown list --profiles`); its faults replace all others.
    ///
    /// # Errors
    /// There is no such profile.
    pub fn set_profile(&self, name: &str) -> Result<(), Error> {
        let unknown =
            || Error::Mistake(format!("there is no profile `{name}`; `shakedown list --profiles` shows them"));
        let profile = profiles::profile(name).ok_or_else(unknown)?;
        self.mock.configure(|config| profile.settings.apply(config));
        self.mock.injector().replace(profile.faults.clone(), SEED);
        Ok(())
    }

    /// Every request so far, in order.
    pub fn calls(&self) -> Vec<StorageCall> {
        let exchanges = self.mock.recorder().exchanges().into_iter();
        let call = |exchange: shakedown_wire::Exchange| {
            let note = exchange.s3?;
            let faults = exchange.faults.into_iter().map(|fault| fault.summary).collect();
            let status = exchange.response.map(|answer| answer.status);
            Some(StorageCall { operation: note.operation, key: note.key, status, faults })
        };
        exchanges.filter_map(call).collect()
    }

    /// For systems that are to stand on it.
    pub(crate) fn host_storage(&self) -> HostStorage {
        let keys = (ACCESS_KEY.to_owned(), SECRET_KEY.to_owned());
        HostStorage { endpoint: self.endpoint.clone(), bucket: BUCKET.to_owned(), keys, region: self.region.clone() }
    }
}

/// Serves a party on a free port of loopback.
fn listen(party: shakedown_wire::Party) -> Result<Server, Error> {
    let listener = server::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let listener = listener.map_err(|error| Error::Environment(format!("no port for the S3 mock: {error}")))?;
    Ok(server::serve(listener, party, ServerOptions::default()))
}

fn read_fault(fault: &impl Serialize) -> Result<Fault, String> {
    let mut value = serde_json::to_value(fault).map_err(|error| error.to_string())?;
    if let Some(map) = value.as_object_mut() {
        map.entry("on").or_insert_with(|| "s3".into());
    }
    let fault: Fault = serde_json::from_value(value).map_err(|error| error.to_string())?;
    match fault.problems().as_slice() {
        [] => Ok(fault),
        [problem, ..] => Err(problem.to_string()),
    }
}
