//! Stores that a run starts for itself, as a process or in a container, and uses like somebody's: told of by files of the same shape as
//! systems. Not here: what is done on a store (`foreign`).

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderValue, Method};
use shakedown_s3call::{Credentials, Signer, encode_value};
use shakedown_wire::network::{self, NetworkOptions};
use shakedown_wire::{Body, Clock, Party, Request};

use super::{ContainerSystem, ProcessSystem, Running, Storage, SystemFile, environment};
use crate::content::derive;
use crate::foreign::ForeignStorage;
use crate::view::ViewError;

/// The files of stores that are built in.
const SHIPPED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/stores.rs"));
/// The bucket of a store that is ours.
const BUCKET: &str = "lab";
/// Its region.
const REGION: &str = "us-east-1";
/// SHA-256 of nothing, as signatures of requests without a body say it.
const OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A store that was started. Dropped, it is ended and all that is in it is gone.
#[derive(Debug)]
pub struct StartedStore {
    /// Where it is. The directory is the caller's to choose.
    pub place: ForeignStorage,
    running: Option<Box<dyn Running + Send>>,
    runtime: tokio::runtime::Runtime,
}

impl SystemFile {
    /// The store of this name that is built in, or the one that a file (`*.yaml`) tells of.
    ///
    /// # Errors
    /// There is none, or something is wrong with its file.
    pub fn store(name: &str) -> Result<Self, String> {
        if name.ends_with(".yaml") {
            return Self::named(name);
        }
        let text = SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text).ok_or_else(|| {
            let known = Self::store_names().join(", ");
            format!("there is no store `{name}`; there are {known}, and a file (*.yaml) is taken, too")
        })?;
        Self::parse(name, text).map_err(|error| error.to_string())
    }

    /// The names of the stores that are built in.
    pub fn store_names() -> Vec<&'static str> {
        SHIPPED.iter().map(|(name, _)| *name).collect()
    }
}

impl StartedStore {
    /// Starts it with keys of its own, waits until it is ready, and makes a bucket in it.
    ///
    /// # Errors
    /// It does not start, with its last lines, or makes no bucket.
    pub fn start(file: &SystemFile, vars: &BTreeMap<String, String>, seed: u64) -> Result<Self, ViewError> {
        let own = |error: std::io::Error| environment(file.title.clone(), error);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().map_err(own)?;
        let part = |what: &str| derive(seed, &["store", what]);
        let keys = ("AKIASHAKEDOWNSTORE".to_owned(), format!("{:016x}{:016x}", part("secret"), part("key")));
        let storage = Storage {
            endpoint: String::new(),
            bucket: BUCKET.to_owned(),
            keys: vec![keys.clone()],
            region: REGION.to_owned(),
            root: String::new(),
        };
        let (running, address) = runtime.block_on(async {
            let (clock, network) = (Clock::real_time(), network::client(&NetworkOptions::default()));
            let settings = Default::default();
            let started: (Box<dyn Running + Send>, _) = if file.is_contained() {
                shakedown_containers::reap().await.map_err(|error| super::refused(&file.title, error))?;
                for image in file.images(vars) {
                    shakedown_containers::require(&image).await.map_err(|error| super::refused(&file.title, error))?;
                }
                let system = ContainerSystem::start(file, vars, &settings, &storage, (&clock, &network), 1).await?;
                let address = system.address()?;
                (Box::new(system), address)
            } else {
                let system = ProcessSystem::start(file, vars, &settings, &storage, &clock, &network, 1).await?;
                let address = system.address();
                (Box::new(system), address)
            };
            Ok::<_, ViewError>(started)
        })?;
        let endpoint = format!("http://{address}").parse().map_err(|error| environment(file.title.clone(), error))?;
        let place = ForeignStorage {
            endpoint,
            bucket: BUCKET.to_owned(),
            region: REGION.to_owned(),
            access_key: keys.0,
            secret_key: keys.1,
            directory: String::new(),
            marker: String::new(),
            roots_pem: None,
        };
        let store = Self { place, running: Some(running), runtime };
        store
            .runtime
            .block_on(create_bucket(&store.place))
            .map_err(|reason| environment(file.title.clone(), reason))?;
        Ok(store)
    }
}

impl Drop for StartedStore {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            self.runtime.block_on(running.stop());
        }
    }
}

/// CreateBucket, signed.
async fn create_bucket(place: &ForeignStorage) -> Result<(), String> {
    let network: Party = network::client(&NetworkOptions::default());
    let uri: http::Uri = format!("{}{}", place.endpoint, encode_value(&place.bucket))
        .parse()
        .map_err(|error: http::uri::InvalidUri| error.to_string())?;
    let mut headers = HeaderMap::new();
    let host = uri.authority().map_or("", http::uri::Authority::as_str);
    headers.insert(http::header::HOST, HeaderValue::from_str(host).map_err(|error| error.to_string())?);
    let credentials =
        Credentials { access_key: place.access_key.clone(), secret_key: place.secret_key.clone(), session_token: None };
    let signer = Signer { credentials: &credentials, region: &place.region, now: Clock::real_time().now() };
    signer.headers("PUT", &uri, &mut headers, OF_NOTHING)?;
    let mut request = Request::new(Body::empty());
    (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) = (Method::PUT, uri, headers);
    let answer = network.send(request).await.map_err(|error| format!("it makes no bucket: {error}"))?;
    let status = answer.status().as_u16();
    if status == 200 { Ok(()) } else { Err(format!("it makes no bucket: CreateBucket was answered {status}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shipped_can_be_read_and_is_given_its_keys_where_it_has_some() {
        for name in SystemFile::store_names() {
            let file = SystemFile::store(name).unwrap();
            let told =
                file.args.iter().chain(file.env.values()).chain(file.files.values()).cloned().collect::<String>();
            assert_eq!(told.contains("${secret-key}"), name != "moto", "{name}");
        }
        let error = SystemFile::store("none").unwrap_err();
        assert!(error.contains("there are ") && error.contains("minio"), "{error}");
    }
}
