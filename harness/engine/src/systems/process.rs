//! A foreign registry as a child process, one for each scenario, told by its system file how to use our storage.
//! Not here: the file's shape (`file`), the process itself (`child`).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use http::Uri;
use shakedown_containers::port;
use shakedown_scenario::RegistrySettings;
use shakedown_wire::{Body, Clock, Party};
use tempfile::TempDir;
use tokio::time::Instant;

use super::cgroup::Group;
use super::child::{Child, Launch, Log, find_program};
use super::file::{Settings, SystemFile, fill};
use super::{Cleaned, Cleaning, Running, environment};
use crate::folder;
use crate::view::ViewError;

/// Pause between two looks at readiness.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long a process may take to finish when asked to.
const GRACE: Duration = Duration::from_secs(5);
/// How long a command that does one thing may take.
const ONCE: Duration = Duration::from_secs(60);

/// Exit statuses of a program that SIGKILL or SIGTERM ended, as a shell tells them.
const KILLED: [i32; 2] = [137, 143];

/// Where an instance is, as its file is told.
#[derive(Debug)]
pub(super) struct At {
    /// The address it is to listen on.
    pub(super) listen: String,
    /// The port.
    pub(super) port: u16,
    /// Its directory.
    pub(super) dir: String,
}

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
    /// The directory of the bucket that the registry keeps everything in; empty for all of it.
    pub(crate) root: String,
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
    /// Arguments to collect garbage with: untagged manifests kept, and removed.
    gc: Option<[Vec<String>; 2]>,
    child: Option<Child>,
    log: Log,
    clock: Clock,
    network: Party,
    address: SocketAddr,
    /// Its memory is limited: then the kernel may kill it.
    is_limited: bool,
    /// Holds the directory until the process is gone.
    _dir: TempDir,
    /// Holds its limits until the process is gone.
    _group: Option<Group>,
}

impl ProcessSystem {
    /// Starts it as replica `replica`, counted from 1, and waits until it is ready.
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
        replica: u32,
    ) -> Result<Self, ViewError> {
        let mut starts = port::Starts::default();
        loop {
            let mut system = Self::prepare(file, vars, settings, storage, clock, network, replica)?;
            match system.launch_and_wait().await {
                Ok(()) => return Ok(system),
                Err(error) if starts.again(&error.reason) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The base address of the registry.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process that keeps the program as its child.
    pub(crate) fn keeper(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::keeper)
    }

    fn prepare(
        file: &SystemFile,
        vars: &BTreeMap<String, String>,
        settings: &RegistrySettings,
        storage: &Storage,
        clock: &Clock,
        network: &Party,
        replica: u32,
    ) -> Result<Self, ViewError> {
        let own = |error: std::io::Error| environment(file.title.clone(), error);
        let dir = folder::new().map_err(own)?;
        let address = port::free().map_err(own)?;
        let at = At { listen: address.ip().to_string(), port: address.port(), dir: dir.path().display().to_string() };
        let values = values(file, vars, settings, storage, replica, &at);
        let group = Group::new(file.limits.limits()).map_err(|reason| environment(file.title.clone(), reason))?;
        for (name, text) in &file.files {
            std::fs::write(dir.path().join(name), fill(text, &values)).map_err(own)?;
        }
        let command = fill(&file.command, &values);
        let program = program(&command)?;
        let filled = |args: &[String]| args.iter().map(|arg| fill(arg, &values)).collect::<Vec<_>>();
        let launch = Launch {
            program,
            args: filled(&file.args),
            env: environment_of(file, &values),
            dir: dir.path().to_owned(),
            group: group.as_ref().map(Group::files).unwrap_or_default(),
        };
        Ok(Self {
            is_limited: file.limits.memory.is_some(),
            _group: group,
            ready: (file.ready.path.clone(), file.ready.status, file.ready.within.0),
            title: file.title.clone(),
            launch,
            gc: file.gc.as_ref().map(|gc| [filled(&gc.args), filled(&gc.remove_untagged)]),
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
        let failure = tokio::select! {
            ready = answers(&self.network, self.address, (&self.ready.0, self.ready.1, self.ready.2)) => ready.err(),
            status = child.ended() => Some(format!("it ended at once ({})", status.map_or_else(|e| e.to_string(), |s| s.to_string()))),
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
}

/// Returns when a GET of the path is answered with the status; else what was answered instead.
pub(super) async fn answers(
    network: &Party,
    address: SocketAddr,
    (path, status, within): (&str, u16, Duration),
) -> Result<(), String> {
    let uri = format!("http://{address}{path}");
    let last = AtomicU16::new(0);
    let asking = async {
        loop {
            let next_look = Instant::now() + LOOK_EVERY;
            let request = http::Request::get(&uri).body(Body::empty());
            if let Ok(request) = request
                && let Ok(response) = network.send(request).await
            {
                last.store(response.status().as_u16(), Ordering::Relaxed);
                if response.status().as_u16() == status && response.into_body().drain().await.is_ok() {
                    return;
                }
            }
            tokio::time::sleep_until(next_look).await;
        }
    };
    tokio::time::timeout(within, asking).await.map_err(|_| match last.into_inner() {
        0 => format!("it was not ready within {within:?}: GET {path} was not answered"),
        other => format!(
            "it was not ready within {within:?}: GET {path} was answered {other}, and `ready` waits for {status}"
        ),
    })
}

impl ProcessSystem {
    /// Stops the program, runs it once with other arguments, starts it again.
    async fn run_once(&mut self, args: Vec<String>) -> Result<Cleaned, ViewError> {
        if let Some(child) = self.child.take() {
            child.finish(GRACE).await;
        }
        let own = |error: std::io::Error| environment(self.title.clone(), error);
        let launch = Launch { args, ..self.launch.clone() };
        let log = Log::default();
        let mut child = Child::start(&launch, &log, &self.clock).map_err(own)?;
        let ended = tokio::time::timeout(ONCE, child.ended()).await;
        let cleaned = match ended {
            Ok(status) => Cleaned { went_well: status.map_err(own)?.success(), said: log.tail(3) },
            Err(_) => {
                child.kill().await;
                Cleaned { went_well: false, said: format!("it had not ended after {ONCE:?}") }
            }
        };
        self.launch_and_wait().await?;
        Ok(cleaned)
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

    fn clean<'a>(&'a mut self, work: &'a Cleaning) -> LocalBoxFuture<'a, Result<Cleaned, ViewError>> {
        Box::pin(async move {
            match work.gc_args(self.gc.as_ref()) {
                Some(args) => self.run_once(args).await,
                None => Err(environment(self.title.clone(), "it has no command for this")),
            }
        })
    }

    fn lost(&mut self) -> LocalBoxFuture<'_, Option<ViewError>> {
        Box::pin(async move {
            let status = self.child.as_mut()?.status()?;
            let killed = KILLED.contains(&status) && !self.is_limited;
            let what = || environment(self.title.clone(), "its process was killed from outside while the scenario ran");
            killed.then(what)
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

/// The version that the program tells in the first line it prints: a word that looks like one, else the line.
///
/// # Errors
/// The program is not there.
pub(crate) async fn version_of(
    file: &SystemFile,
    vars: &BTreeMap<String, String>,
) -> Result<Option<String>, ViewError> {
    let values = file.values(vars);
    let program = program(&fill(&file.command, &values))?;
    let Some(version) = &file.version else { return Ok(None) };
    let args = version.args.iter().map(|arg| fill(arg, &values)).collect();
    let dir = folder::new().map_err(|error| environment(file.title.clone(), error))?;
    let (log, clock) = (Log::default(), Clock::real_time());
    let launch = Launch { program, args, env: Vec::new(), dir: dir.path().to_owned(), group: Vec::new() };
    let mut child = Child::start(&launch, &log, &clock).map_err(|error| environment(file.title.clone(), error))?;
    // A program that prints nothing has no version to tell.
    let _ = tokio::time::timeout(GRACE, child.ended()).await;
    Ok(log.lines().into_iter().map(|(_, line)| line).find(|line| !line.is_empty()).map(|line| version_in(&line)))
}

/// `2.8.2+ds1` of `docker-registry github.com/docker/distribution 2.8.2+ds1`.
fn version_in(line: &str) -> String {
    let is_version = |word: &&str| {
        let word = word.strip_prefix('v').unwrap_or(word);
        word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.')
    };
    line.split([' ', '\t', ',', '"']).find(is_version).unwrap_or(line).to_owned()
}

fn program(command: &str) -> Result<PathBuf, ViewError> {
    let hint = "install it, or name another with --var binary=/path/to/it";
    find_program(command).ok_or_else(|| environment(format!("`{command}` is not a program"), hint))
}

/// Everything `${...}` can stand for.
pub(super) fn values(
    file: &SystemFile,
    vars: &BTreeMap<String, String>,
    chosen: &RegistrySettings,
    storage: &Storage,
    replica: u32,
    at: &At,
) -> BTreeMap<String, String> {
    let mut values = file.values(vars);
    let Settings { redirect, part_size, delete, storage_health, .. } = file.settings;
    let switch =
        |chosen: Option<bool>, switch: Option<super::Switch>| chosen.or(switch.map(|s| s.default)).unwrap_or(false);
    let redirect = switch(chosen.redirect, redirect);
    // By default all replicas can go on with each other's uploads.
    let secret = if chosen.shared_secret.unwrap_or(true) { 1 } else { replica };
    let part_size = chosen.part_size.or(part_size.map(|size| size.default)).map_or(0, |size| size.0);
    let authority = storage.endpoint.parse::<Uri>().ok().and_then(|uri| uri.authority().map(ToString::to_string));
    let config = file.config.as_ref().map(|name| format!("{}/{name}", at.dir)).unwrap_or_default();
    for (name, value) in [
        ("endpoint", storage.endpoint.clone()),
        ("endpoint-authority", authority.unwrap_or_default()),
        ("bucket", storage.bucket.clone()),
        ("root-directory", storage.root.clone()),
        ("access-key", storage.access_key().to_owned()),
        ("secret-key", storage.secret_key().to_owned()),
        ("region", storage.region.clone()),
        ("listen", at.listen.clone()),
        ("port", at.port.to_string()),
        ("dir", at.dir.clone()),
        ("config", config),
        ("upload-secret", format!("secret-{secret}-of-the-replicas")),
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

/// The environment of a system: what its file says, and the forward proxy of the scenario.
pub(super) fn environment_of(file: &SystemFile, values: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let mut variables = proxy_variables(values.get("http-proxy").map_or("", String::as_str));
    variables.extend(file.env.iter().map(|(name, value)| (name.clone(), fill(value, values))));
    variables
}

/// What programs read the address of their forward proxy from; nothing if there is none. curl reads the lower-case name alone.
pub(crate) fn proxy_variables(url: &str) -> Vec<(String, String)> {
    if url.is_empty() {
        return Vec::new();
    }
    ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"].map(|name| (name.to_owned(), url.to_owned())).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distribution() -> SystemFile {
        SystemFile::parse("distribution-2.8", SystemFile::shipped("distribution-2.8").unwrap()).unwrap()
    }

    #[test]
    fn a_version_is_a_word() {
        assert_eq!(version_in("docker-registry github.com/docker/distribution 2.8.2+ds1"), "2.8.2+ds1");
        assert_eq!(version_in("zot v2.1.0, commit abc"), "v2.1.0");
        assert_eq!(version_in("development build"), "development build");
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
