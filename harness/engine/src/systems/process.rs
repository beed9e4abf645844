//! A foreign registry as a child process, one for each scenario, told by its system file how to use our storage.
//! Not here: the file's shape (`file`), the process itself (`child`).

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use http::Uri;
use shakedown_scenario::RegistrySettings;
use shakedown_wire::{Body, Clock, Party};
use tempfile::TempDir;
use tokio::time::Instant;

use super::child::{Child, Launch, Log, find_program};
use super::file::{Settings, SystemFile, fill};
use super::{Running, environment};
use crate::view::ViewError;

/// Pause between two looks at readiness.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long a process may take to finish when asked to.
const GRACE: Duration = Duration::from_secs(5);
/// Starts until a port that was free stays free.
const STARTS: usize = 3;

/// Where the storage is, and with which keys.
#[derive(Debug, Clone)]
pub(crate) struct Storage {
    /// `http://host:port`.
    pub(crate) endpoint: String,
    /// Bucket.
    pub(crate) bucket: String,
    /// Access keys with their secrets; the first are used, the others lie ready for systems that can fetch new ones.
    pub(crate) keys: Vec<(String, String)>,
    /// Region.
    pub(crate) region: String,
}

impl Storage {
    /// The access key to begin with.
    pub(crate) fn access_key(&self) -> &str {
        self.keys.first().map_or("", |(access_key, _)| access_key)
    }

    /// Its secret.
    pub(crate) fn secret_key(&self) -> &str {
        self.keys.first().map_or("", |(_, secret_key)| secret_key)
    }
}

/// A running child with all that is needed to start it again.
#[derive(Debug)]
pub(crate) struct ProcessSystem {
    ready: (String, u16, Duration),
    title: String,
    launch: Launch,
    child: Option<Child>,
    log: Log,
    clock: Clock,
    network: Party,
    address: SocketAddr,
    /// Holds the directory until the process is gone.
    _dir: TempDir,
}

impl ProcessSystem {
    /// Starts it and waits until it is ready.
    ///
    /// # Errors
    /// The program is not there, ends early, or is not ready in time; with its last lines.
    pub(crate) async fn start(
        file: &SystemFile,
        vars: &BTreeMap<String, String>,
        settings: &RegistrySettings,
        storage: &Storage,
        clock: &Clock,
        network: &Party,
    ) -> Result<Self, ViewError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let mut system = Self::prepare(file, vars, settings, storage, clock, network)?;
            match system.launch_and_wait().await {
                Ok(()) => return Ok(system),
                Err(error) if tries < STARTS && error.reason.contains("address already in use") => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The base address of the registry.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    fn prepare(
        file: &SystemFile,
        vars: &BTreeMap<String, String>,
        settings: &RegistrySettings,
        storage: &Storage,
        clock: &Clock,
        network: &Party,
    ) -> Result<Self, ViewError> {
        let own = |error: std::io::Error| environment(file.title.clone(), error);
        let dir = tempfile::Builder::new().prefix("shakedown-").tempdir().map_err(own)?;
        let address = free_address().map_err(own)?;
        let values = values(file, vars, settings, storage, address, dir.path());
        for (name, text) in &file.files {
            std::fs::write(dir.path().join(name), fill(text, &values)).map_err(own)?;
        }
        let command = fill(&file.command, &values);
        let program = program(&command)?;
        let launch = Launch {
            program,
            args: file.args.iter().map(|arg| fill(arg, &values)).collect(),
            env: file.env.iter().map(|(name, value)| (name.clone(), fill(value, &values))).collect(),
            dir: dir.path().to_owned(),
        };
        Ok(Self {
            ready: (file.ready.path.clone(), file.ready.status, file.ready.within.0),
            title: file.title.clone(),
            launch,
            child: None,
            log: Log::default(),
            clock: clock.clone(),
            network: network.clone(),
            address,
            _dir: dir,
        })
    }

    async fn launch_and_wait(&mut self) -> Result<(), ViewError> {
        let mut child = Child::start(&self.launch, &self.log, &self.clock)
            .map_err(|error| environment(self.title.clone(), error))?;
        let within = self.ready.2;
        let failure = tokio::select! {
            () = self.answers() => None,
            status = child.ended() => Some(format!("it ended at once ({})", status.map_or_else(|e| e.to_string(), |s| s.to_string()))),
            () = tokio::time::sleep(within) => Some(format!("it was not ready within {within:?}")),
        };
        match failure {
            None => {
                self.child = Some(child);
                Ok(())
            }
            Some(reason) => {
                child.kill().await;
                Err(environment(self.title.clone(), format!("{reason}; its last lines: {}", self.log.tail(5))))
            }
        }
    }

    /// Returns when the readiness condition holds.
    async fn answers(&self) {
        let uri = format!("http://{}{}", self.address, self.ready.0);
        loop {
            let next_look = Instant::now() + LOOK_EVERY;
            let request = http::Request::get(&uri).body(Body::empty());
            if let Ok(request) = request
                && let Ok(response) = self.network.send(request).await
                && response.status().as_u16() == self.ready.1
                && response.into_body().drain().await.is_ok()
            {
                return;
            }
            tokio::time::sleep_until(next_look).await;
        }
    }
}

impl Running for ProcessSystem {
    fn restart(&mut self, kill: bool) -> LocalBoxFuture<'_, Result<(), ViewError>> {
        Box::pin(async move {
            match self.child.take() {
                Some(child) if kill => child.kill().await,
                Some(child) => child.finish(GRACE).await,
                None => {}
            }
            self.launch_and_wait().await
        })
    }

    fn log(&self) -> Vec<(Option<u64>, String)> {
        self.log.lines()
    }

    fn stop(&mut self) -> LocalBoxFuture<'_, ()> {
        Box::pin(async move {
            if let Some(child) = self.child.take() {
                child.kill().await;
            }
        })
    }
}

/// What the program says of itself: the first line it prints.
///
/// # Errors
/// The program is not there.
pub(crate) async fn version_of(
    file: &SystemFile,
    vars: &BTreeMap<String, String>,
) -> Result<Option<String>, ViewError> {
    let mut values: BTreeMap<String, String> =
        file.vars.iter().map(|(name, value)| (name.clone(), value.0.clone())).collect();
    values.extend(vars.clone());
    let program = program(&fill(&file.command, &values))?;
    let Some(version) = &file.version else { return Ok(None) };
    let args = version.args.iter().map(|arg| fill(arg, &values)).collect();
    let dir = tempfile::tempdir().map_err(|error| environment(file.title.clone(), error))?;
    let (log, clock) = (Log::default(), Clock::real_time());
    let launch = Launch { program, args, env: Vec::new(), dir: dir.path().to_owned() };
    let mut child = Child::start(&launch, &log, &clock).map_err(|error| environment(file.title.clone(), error))?;
    let waiting = async {
        let ended = child.ended().await;
        while ended.is_ok() && log.lines().is_empty() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    // A program that prints nothing has no version to tell.
    let _ = tokio::time::timeout(GRACE, waiting).await;
    Ok(log.lines().into_iter().map(|(_, line)| line).find(|line| !line.is_empty()))
}

fn program(command: &str) -> Result<PathBuf, ViewError> {
    let hint = "install it, or name another with --var binary=/path/to/it";
    find_program(command).ok_or_else(|| environment(format!("`{command}` is not a program"), hint))
}

/// A port of loopback that is free now.
fn free_address() -> std::io::Result<SocketAddr> {
    std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// Everything `${...}` can stand for.
fn values(
    file: &SystemFile,
    vars: &BTreeMap<String, String>,
    chosen: &RegistrySettings,
    storage: &Storage,
    address: SocketAddr,
    dir: &Path,
) -> BTreeMap<String, String> {
    let mut values: BTreeMap<String, String> =
        file.vars.iter().map(|(name, value)| (name.clone(), value.0.clone())).collect();
    values.extend(vars.clone());
    let Settings { redirect, part_size, delete, storage_health } = file.settings;
    let switch =
        |chosen: Option<bool>, switch: Option<super::Switch>| chosen.or(switch.map(|s| s.default)).unwrap_or(false);
    let redirect = switch(chosen.redirect, redirect);
    let part_size = chosen.part_size.or(part_size.map(|size| size.default)).map_or(0, |size| size.0);
    let authority = storage.endpoint.parse::<Uri>().ok().and_then(|uri| uri.authority().map(ToString::to_string));
    let config = file.config.as_ref().map(|name| dir.join(name).display().to_string()).unwrap_or_default();
    for (name, value) in [
        ("endpoint", storage.endpoint.clone()),
        ("endpoint-authority", authority.unwrap_or_default()),
        ("bucket", storage.bucket.clone()),
        ("access-key", storage.access_key().to_owned()),
        ("secret-key", storage.secret_key().to_owned()),
        ("region", storage.region.clone()),
        ("port", address.port().to_string()),
        ("dir", dir.display().to_string()),
        ("config", config),
        ("redirect", redirect.to_string()),
        ("redirect-disable", (!redirect).to_string()),
        ("part-size", part_size.to_string()),
        ("delete", switch(chosen.delete, delete).to_string()),
        ("storage-health", switch(chosen.storage_health, storage_health).to_string()),
    ] {
        values.insert(name.to_owned(), value);
    }
    values
}

/// What of the scenario's settings this system cannot be given; the reason to skip.
pub(crate) fn cannot_set(file: &SystemFile, chosen: &RegistrySettings) -> Option<String> {
    let settings = &file.settings;
    let missing = [
        ("redirect", chosen.redirect.is_some() && settings.redirect.is_none()),
        ("part-size", chosen.part_size.is_some() && settings.part_size.is_none()),
        ("delete", chosen.delete.is_some() && settings.delete.is_none()),
        ("storage-health", chosen.storage_health.is_some() && settings.storage_health.is_none()),
    ];
    if let Some((name, _)) = missing.into_iter().find(|(_, missing)| *missing) {
        return Some(format!("{} has no setting `{name}`", file.title));
    }
    let least = settings.part_size.and_then(|size| size.at_least);
    match (chosen.part_size, least) {
        (Some(chosen), Some(least)) if chosen < least => {
            Some(format!("{} takes parts of at least {least}, the scenario asks for {chosen}", file.title))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shakedown_scenario::Size;

    fn distribution() -> SystemFile {
        SystemFile::parse("distribution-2.8", SystemFile::shipped("distribution-2.8").unwrap()).unwrap()
    }

    #[test]
    fn what_cannot_be_set_is_said() {
        let chosen = RegistrySettings { part_size: Some(Size(1 << 20)), ..RegistrySettings::default() };
        assert_eq!(
            cannot_set(&distribution(), &chosen).unwrap(),
            "docker-registry 2.8.2 takes parts of at least 5MiB, the scenario asks for 1MiB"
        );
        let mut file = distribution();
        file.settings.redirect = None;
        let chosen = RegistrySettings { redirect: Some(true), ..RegistrySettings::default() };
        assert_eq!(cannot_set(&file, &chosen).unwrap(), "docker-registry 2.8.2 has no setting `redirect`");
        assert_eq!(cannot_set(&file, &RegistrySettings::default()), None);
    }

    #[tokio::test]
    async fn a_missing_program_is_an_error_of_the_environment() {
        let vars = BTreeMap::from([("binary".to_owned(), "no-such-registry".to_owned())]);
        let error = version_of(&distribution(), &vars).await.unwrap_err();
        insta::assert_snapshot!(
            error,
            @"`no-such-registry` is not a program: install it, or name another with --var binary=/path/to/it"
        );
    }
}
