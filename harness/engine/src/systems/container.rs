//! A foreign registry in a container, one for each scenario, told by its system file how to use our storage; and what stands before it.
//! Not here: the file's shape (`file`, `place`), the engine (`shakedown-containers`).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use shakedown_containers::compose::Project;
use shakedown_containers::{Container, Ended, Error, Lines, Wanted};
use shakedown_scenario::RegistrySettings;
use shakedown_wire::{Body, Clock, Party};
use tempfile::TempDir;
use tokio::time::Instant;

use super::child::Log;
use super::file::{SystemFile, fill, parse_yaml};
use super::place::{ComposePlace, ContainerPlace, FrontPlace};
use super::process::{At, Storage, answers, values};
use super::{Cleaned, Cleaning, Running, environment};
use crate::view::ViewError;

/// Pause between two looks at whether a container still runs.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long a container may take to finish when asked to.
const GRACE: Duration = Duration::from_secs(5);
/// How long a command that does one thing may take.
const ONCE: Duration = Duration::from_secs(60);
/// How long the engine may take to know that a container has ended, or a container to answer.
const SETTLES_WITHIN: Duration = Duration::from_secs(3);
/// What an error is about when there is no engine: nothing else can run either.
pub(crate) const NO_ENGINE: &str = "no container engine";
/// Exit statuses of a program that SIGKILL or SIGTERM ended.
const KILLED: [i64; 2] = [137, 143];

/// An error of the engine as one of the environment.
pub(crate) fn refused(title: &str, error: Error) -> ViewError {
    match error {
        Error::NoEngine(reason) => environment(NO_ENGINE, reason),
        other => environment(title, other),
    }
}

/// A running container with all that is needed to start it again.
#[derive(Debug)]
pub(crate) struct ContainerSystem {
    title: String,
    wanted: Wanted,
    gc: Option<[Vec<String>; 2]>,
    ready: (String, u16, Duration),
    container: Option<Container>,
    /// What the container is a part of, with the folder of its files.
    project: Option<(Project, TempDir)>,
    /// It was ended by us, or has never begun.
    is_down: bool,
    log: Log,
    clock: Clock,
    network: Party,
}

impl ContainerSystem {
    /// Starts it as replica `replica`, counted from 1, and waits until it is ready.
    ///
    /// # Errors
    /// There is no engine or no image, it ends early, or is not ready in time; with its last lines.
    pub(crate) async fn start(
        file: &SystemFile,
        vars: &BTreeMap<String, String>,
        settings: &RegistrySettings,
        storage: &Storage,
        (clock, network): (&Clock, &Party),
        replica: u32,
    ) -> Result<Self, ViewError> {
        let at = |port, dir| At { listen: "0.0.0.0".to_owned(), port, dir };
        let mut system = Self {
            title: file.title.clone(),
            wanted: Wanted::default(),
            gc: None,
            ready: (file.ready.path.clone(), file.ready.status, file.ready.within.0),
            container: None,
            project: None,
            is_down: true,
            log: Log::default(),
            clock: clock.clone(),
            network: network.clone(),
        };
        if let Some(place) = &file.compose {
            let own = |error: std::io::Error| environment(file.title.clone(), error);
            let dir = crate::folder::new().map_err(own)?;
            let at = at(place.port, dir.path().display().to_string());
            let values = values(file, vars, settings, storage, replica, &at);
            system.bring_up(file, place, &values, dir).await?;
        } else if let Some(place) = &file.container {
            let values = values(file, vars, settings, storage, replica, &at(place.port, place.dir.clone()));
            system.create(file, place, &values).await?;
        }
        system.wait().await?;
        Ok(system)
    }

    /// Has the services of its compose file brought up.
    async fn bring_up(
        &mut self,
        file: &SystemFile,
        place: &ComposePlace,
        values: &BTreeMap<String, String>,
        dir: TempDir,
    ) -> Result<(), ViewError> {
        for (name, text) in &file.files {
            let written = std::fs::write(dir.path().join(name), fill(text, values));
            written.map_err(|error| environment(&*self.title, error))?;
        }
        let text = file.files.get(&place.file).map(|text| fill(text, values)).unwrap_or_default();
        let services: serde_json::Value =
            parse_yaml(&place.file, &text).map_err(|error| environment(&*self.title, error))?;
        let service = (place.service.as_str(), place.port);
        let up = Project::up(&services, dir.path(), service, &self.lines()).await;
        let (project, container) = up.map_err(|error| refused(&self.title, error))?;
        (self.project, self.container) = (Some((project, dir)), Some(container));
        Ok(())
    }

    /// Creates and starts its container.
    async fn create(
        &mut self,
        file: &SystemFile,
        place: &ContainerPlace,
        values: &BTreeMap<String, String>,
    ) -> Result<(), ViewError> {
        let filled = |args: &[String]| args.iter().map(|arg| fill(arg, values)).collect::<Vec<_>>();
        let own = |(name, text): (&String, &String)| (format!("{}/{name}", place.dir), fill(text, values).into_bytes());
        self.wanted = Wanted {
            image: fill(&place.image, values),
            entrypoint: (!file.command.is_empty()).then(|| fill(&file.command, values)),
            args: filled(&file.args),
            env: super::process::environment_of(file, values),
            // A directory that holds nothing would not be there.
            dir: (!file.files.is_empty()).then(|| place.dir.clone()),
            files: file.files.iter().map(own).collect(),
            port: Some(place.port),
            for_containers: file.front.is_some(),
            limits: file.limits.limits(),
        };
        self.gc = file.gc.as_ref().map(|gc| [filled(&gc.args), filled(&gc.remove_untagged)]);
        self.container = Some(self.new_container(self.wanted.clone()).await?);
        Ok(())
    }

    /// Where it answers on this host.
    pub(crate) fn address(&self) -> Result<SocketAddr, ViewError> {
        let address = self.container.as_ref().and_then(Container::address);
        address.ok_or_else(|| environment(&*self.title, "its port is not published"))
    }

    /// Takes what a container prints.
    fn lines(&self) -> Lines {
        let (log, clock) = (self.log.clone(), self.clock.clone());
        Arc::new(move |line| log.add(u64::try_from(clock.elapsed().as_micros()).ok(), line))
    }

    async fn new_container(&self, wanted: Wanted) -> Result<Container, ViewError> {
        Container::start(&wanted, self.lines()).await.map_err(|error| refused(&self.title, error))
    }

    /// Returns when it is ready.
    async fn wait(&mut self) -> Result<(), ViewError> {
        let address = self.address()?;
        let failure = tokio::select! {
            ready = answers(&self.network, address, (&self.ready.0, self.ready.1, self.ready.2)) => ready.err(),
            ended = self.end() => match ended {
                Ok(reason) => Some(reason),
                Err(gone) => {
                    self.is_down = true;
                    return Err(gone);
                }
            },
        };
        self.is_down = failure.is_some();
        let Some(reason) = failure else { return Ok(()) };
        Err(environment(&*self.title, format!("{reason}; its last lines: {}", self.log.tail(5))))
    }

    /// Returns when it has ended by itself: what is to be said of it. Or the engine has nothing to say of it any more.
    async fn end(&self) -> Result<String, ViewError> {
        loop {
            let next_look = Instant::now() + LOOK_EVERY;
            let Some(container) = &self.container else { return Ok("it is gone".to_owned()) };
            match container.ended().await {
                Ok(None) => {}
                Ok(Some(ended)) => return Ok(format!("it ended at once ({})", told(ended))),
                Err(error) => return Err(refused(&self.title, error)),
            }
            tokio::time::sleep_until(next_look).await;
        }
    }

    async fn begin_again(&mut self) -> Result<(), ViewError> {
        if let Some(container) = &self.container {
            container.begin().await.map_err(|error| refused(&self.title, error))?;
        }
        self.wait().await
    }

    /// Runs another container of the same image to its end, on the same storage; the system is down meanwhile.
    async fn run_once(&mut self, args: Vec<String>) -> Result<Cleaned, ViewError> {
        self.is_down = true;
        if let Some(container) = &self.container {
            container.finish(GRACE).await;
        }
        let container = self.new_container(Wanted { args, port: None, ..self.wanted.clone() }).await?;
        let waiting = async {
            loop {
                let next_look = Instant::now() + LOOK_EVERY;
                match container.ended().await {
                    Ok(Some(ended)) => return Ok(ended.status == 0),
                    Ok(None) => tokio::time::sleep_until(next_look).await,
                    Err(error) => return Err(error.to_string()),
                }
            }
        };
        let late = |_| Err(format!("it had not ended after {ONCE:?}"));
        let ended = tokio::time::timeout(ONCE, waiting).await.unwrap_or_else(late);
        container.remove().await;
        // Only now its last lines are known to be there.
        let cleaned = match ended {
            Ok(went_well) => Cleaned { went_well, said: self.log.tail(3) },
            Err(said) => Cleaned { went_well: false, said },
        };
        self.begin_again().await?;
        Ok(cleaned)
    }
}

/// `out of memory`, `killed from outside`, `status 1`.
fn told(ended: Ended) -> String {
    match ended {
        Ended { out_of_memory: true, .. } => "out of memory".to_owned(),
        Ended { status, .. } if KILLED.contains(&status) => "killed from outside".to_owned(),
        Ended { status, .. } => format!("status {status}"),
    }
}

/// Why nothing can be said of a system whose container is not what we left it: somebody else ended it, or the engine is gone. A program
/// that ended by itself is another matter: then the system failed.
///
/// A connection ends before the engine knows that its container has: one that says it runs must also answer, whatever the answer is.
async fn lost(container: Option<&Container>, title: &str, network: &Party) -> Option<ViewError> {
    let container = container?;
    let settled = async {
        loop {
            let next_look = Instant::now() + LOOK_EVERY;
            match container.ended().await {
                Ok(None) if !is_alive(container, network).await => tokio::time::sleep_until(next_look).await,
                state => return state,
            }
        }
    };
    match tokio::time::timeout(SETTLES_WITHIN, settled).await.unwrap_or(Ok(None)) {
        Ok(Some(ended)) if !ended.out_of_memory && KILLED.contains(&ended.status) => {
            Some(environment(title, "its container was killed from outside while the scenario ran"))
        }
        Ok(_) => None,
        Err(Error::Engine { reason, .. }) => Some(environment(title, format!("its container is gone: {reason}"))),
        Err(error) => Some(refused(title, error)),
    }
}

async fn is_alive(container: &Container, network: &Party) -> bool {
    let Some(address) = container.address() else { return true };
    let Ok(request) = http::Request::get(format!("http://{address}/v2/")).body(Body::empty()) else { return true };
    network.send(request).await.is_ok()
}

impl Running for ContainerSystem {
    fn restart(&mut self, kill: bool) -> LocalBoxFuture<'_, Result<(), ViewError>> {
        Box::pin(async move {
            self.is_down = true;
            match &self.container {
                Some(container) if kill => container.kill().await,
                Some(container) => container.finish(GRACE).await,
                None => {}
            }
            self.begin_again().await
        })
    }

    fn clean<'a>(&'a mut self, work: &'a Cleaning) -> LocalBoxFuture<'a, Result<Cleaned, ViewError>> {
        Box::pin(async move {
            match work.gc_args(self.gc.as_ref()) {
                Some(args) => self.run_once(args).await,
                None => Err(environment(&*self.title, "it has no command for this")),
            }
        })
    }

    fn lost(&mut self) -> LocalBoxFuture<'_, Option<ViewError>> {
        Box::pin(async move {
            if self.is_down {
                return None;
            }
            lost(self.container.as_ref(), &self.title, &self.network).await
        })
    }

    fn log(&self) -> Vec<(Option<u64>, String)> {
        self.log.lines()
    }

    fn stop(&mut self) -> LocalBoxFuture<'_, ()> {
        Box::pin(async move {
            if let Some(container) = self.container.take() {
                container.remove().await;
            }
            if let Some((project, _dir)) = self.project.take() {
                project.remove().await;
            }
        })
    }
}

/// A system behind a container that passes requests on.
#[derive(Debug)]
pub(crate) struct Fronted {
    front: Option<Container>,
    title: String,
    network: Party,
    inner: Box<dyn Running + Send>,
}

impl Fronted {
    /// Starts what stands before `inner`, which answers containers at `upstream`, and waits until requests pass. Gives its address, too.
    ///
    /// # Errors
    /// As for a system in a container.
    pub(crate) async fn start(
        file: &SystemFile,
        place: &FrontPlace,
        vars: &BTreeMap<String, String>,
        upstream: &str,
        network: &Party,
        inner: Box<dyn Running + Send>,
    ) -> Result<(Self, SocketAddr), ViewError> {
        let title = format!("what stands before {}", file.title);
        let mut values = file.values(vars);
        values.insert("upstream".to_owned(), upstream.to_owned());
        values.insert("port".to_owned(), place.port.to_string());
        let wanted = Wanted {
            image: fill(&place.image, &values),
            entrypoint: place.command.as_ref().map(|command| fill(command, &values)),
            args: place.args.iter().map(|arg| fill(arg, &values)).collect(),
            files: place.files.iter().map(|(path, text)| (path.clone(), fill(text, &values).into_bytes())).collect(),
            port: Some(place.port),
            ..Wanted::default()
        };
        let log = Log::default();
        let lines = log.clone();
        let front = Container::start(&wanted, Arc::new(move |line| lines.add(None, line))).await;
        let front = front.map_err(|error| refused(&title, error))?;
        let address = front.address().ok_or_else(|| environment(&*title, "its port is not published"))?;
        let ready = (file.ready.path.as_str(), file.ready.status, file.ready.within.0);
        let late = |reason| environment(&*title, format!("{reason}; its last lines: {}", log.tail(5)));
        answers(network, address, ready).await.map_err(late)?;
        Ok((Self { front: Some(front), title, network: network.clone(), inner }, address))
    }
}

impl Running for Fronted {
    fn restart(&mut self, kill: bool) -> LocalBoxFuture<'_, Result<(), ViewError>> {
        self.inner.restart(kill)
    }

    fn restart_replica(&mut self, replica: usize, kill: bool) -> LocalBoxFuture<'_, Result<(), ViewError>> {
        self.inner.restart_replica(replica, kill)
    }

    fn configure(&mut self, settings: &RegistrySettings) -> Result<(), ViewError> {
        self.inner.configure(settings)
    }

    fn clean<'a>(&'a mut self, work: &'a Cleaning) -> LocalBoxFuture<'a, Result<Cleaned, ViewError>> {
        self.inner.clean(work)
    }

    fn lost(&mut self) -> LocalBoxFuture<'_, Option<ViewError>> {
        Box::pin(async move {
            match lost(self.front.as_ref(), &self.title, &self.network).await {
                None => self.inner.lost().await,
                lost => lost,
            }
        })
    }

    fn log(&self) -> Vec<(Option<u64>, String)> {
        self.inner.log()
    }

    fn stop(&mut self) -> LocalBoxFuture<'_, ()> {
        Box::pin(async move {
            if let Some(front) = self.front.take() {
                front.remove().await;
            }
            self.inner.stop().await;
        })
    }
}
