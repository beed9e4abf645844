//! One container from its start to its removal. Not here: the engine (`engine`), what others have left (`reap`).

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use testcontainers::bollard::container::LogOutput;
use testcontainers::bollard::exec::StartExecResults;
use testcontainers::bollard::models::{ExecConfig, HostConfig, PortBinding};
use testcontainers::bollard::query_parameters::{
    KillContainerOptionsBuilder, LogsOptionsBuilder, StopContainerOptionsBuilder,
};
use testcontainers::core::ContainerPort;
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage, ImageExt};
use tokio::task::JoinHandle;

use crate::engine::{self, HOST_NAME};
use crate::reap::{OWNER, START, labelled, remove};
use crate::{Error, Image, Limits, Owner, port, runtime};

/// How long a container may take to exist and to have begun.
const START_WITHIN: Duration = Duration::from_secs(60);
/// How long the removal of a dropped container may hold up its thread; what is not gone then is removed by the next run.
pub(crate) const DROP_WITHIN: Duration = Duration::from_secs(15);

/// How long the engine may take to pass on the last lines of a container that has ended.
const READ_OUT_WITHIN: Duration = Duration::from_secs(5);

/// Takes the lines a container prints.
pub type Lines = Arc<dyn Fn(String) + Send + Sync>;

/// What is started.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The image, as [`Image::parse`] reads it.
    pub image: String,
    /// The program, instead of the image's own.
    pub entrypoint: Option<String>,
    /// Its arguments; the image's own if there are none.
    pub args: Vec<String>,
    /// Its environment.
    pub env: Vec<(String, String)>,
    /// Where `files` are put and the program begins; the image's own if absent.
    pub dir: Option<String>,
    /// Files that are there before it starts: absolute path, content.
    pub files: Vec<(String, Vec<u8>)>,
    /// The port it listens on, if it listens.
    pub port: Option<u16>,
    /// Other containers must reach it, too.
    pub for_containers: bool,
    /// What it may use.
    pub limits: Limits,
}

/// How a container ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Its exit status; 128 and the signal's number if a signal ended it.
    pub status: i64,
    /// The kernel killed it for want of memory.
    pub out_of_memory: bool,
}

/// A container that was started. Dropped, it is removed.
pub struct Container {
    inner: Option<ContainerAsync<GenericImage>>,
    id: String,
    /// On this host.
    address: Option<SocketAddr>,
    lines: Lines,
    /// Passes its lines on until it ends.
    follower: Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for Container {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Container").field("id", &self.id).field("address", &self.address).finish_non_exhaustive()
    }
}

impl Container {
    /// Starts it; what it listens on is published on loopback only, unless other containers must reach it.
    ///
    /// # Errors
    /// There is no engine, no image, or the engine does not start it; nothing is left of it then.
    pub async fn start(wanted: &Wanted, lines: Lines) -> Result<Self, Error> {
        let mut starts = port::Starts::default();
        loop {
            let (wanted, lines) = (wanted.clone(), lines.clone());
            match runtime::there(start(wanted, lines)).await {
                Err(Error::Engine { reason, .. }) if starts.again(&reason) => {}
                other => return other,
            }
        }
    }

    /// One that somebody else has started and removes; what it prints is passed on, from its first line.
    pub(crate) async fn of_others(id: String, address: SocketAddr, lines: Lines) -> Self {
        let follower = Mutex::new(follow(id.clone(), 0, lines.clone()));
        Self { inner: None, id, address: Some(address), lines, follower }
    }

    /// Where it is on this host; the same after a restart.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Ends it without a chance to finish (SIGKILL). One that has ended is no error.
    pub async fn kill(&self) {
        let id = self.id.clone();
        let _ = runtime::there(async move {
            let client = engine::client().await?;
            let options = KillContainerOptionsBuilder::default().signal("SIGKILL").build();
            let _ = client.kill_container(&id, Some(options)).await;
            // The engine tells that it has ended when this returns.
            let _ = client.stop_container(&id, None).await;
            Ok(())
        })
        .await;
    }

    /// Asks it to finish (SIGTERM), and kills it if it has not after `grace`.
    pub async fn finish(&self, grace: Duration) {
        let (id, seconds) = (self.id.clone(), i32::try_from(grace.as_secs()).unwrap_or(i32::MAX));
        let _ = runtime::there(async move {
            let options = StopContainerOptionsBuilder::default().t(seconds).build();
            let _ = engine::client().await?.stop_container(&id, Some(options)).await;
            Ok(())
        })
        .await;
    }

    /// Starts it again after [`Container::kill`] or [`Container::finish`], with all that it has written.
    ///
    /// # Errors
    /// Those of the engine.
    pub async fn begin(&self) -> Result<(), Error> {
        let (id, lines) = (self.id.clone(), self.lines.clone());
        let follower = runtime::there(async move {
            let client = engine::client().await?;
            let since = i32::try_from(now()).unwrap_or_default();
            client.start_container(&id, None).await.map_err(|error| Error::told("start the container again", error))?;
            Ok(follow(id, since, lines))
        })
        .await?;
        *self.follower.lock().unwrap_or_else(PoisonError::into_inner) = follower;
        Ok(())
    }

    /// Its exit status, if it has ended, and whether it was out of memory then; an error if it is gone.
    ///
    /// # Errors
    /// The engine does not know it any more, or does not answer.
    pub async fn ended(&self) -> Result<Option<Ended>, Error> {
        let id = self.id.clone();
        runtime::there(async move {
            let state = match engine::client().await?.inspect_container(&id, None).await {
                Ok(looked_at) => looked_at.state.unwrap_or_default(),
                // Podman has a state between `running` and `exited` that Docker's interface does not know; it passes.
                Err(error) if error.to_string().contains("unknown variant `stopped`") => return Ok(None),
                Err(error) => return Err(Error::told("look at the container", error)),
            };
            let ended = Ended {
                status: state.exit_code.unwrap_or_default(),
                out_of_memory: state.oom_killed.unwrap_or_default(),
            };
            Ok((state.running != Some(true)).then_some(ended))
        })
        .await
    }

    /// Runs a program in it to its end; gives what it printed.
    ///
    /// # Errors
    /// The engine does not run it, or it ends with another status than 0.
    pub async fn exec(&self, words: &[&str]) -> Result<String, Error> {
        let (what, words) = (words.join(" "), words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>());
        let wrong = move |reason: String| Error::engine(format!("`{what}` in the container"), reason);
        let id = self.id.clone();
        runtime::there(async move {
            let client = engine::client().await?;
            let text = |error: testcontainers::bollard::errors::Error| error.to_string();
            let (attach_stdout, attach_stderr) = (Some(true), Some(true));
            let config = ExecConfig { cmd: Some(words), attach_stdout, attach_stderr, ..ExecConfig::default() };
            let exec = client.create_exec(&id, config).await.map_err(|error| wrong(text(error)))?.id;
            let started = client.start_exec(&exec, None).await.map_err(|error| wrong(text(error)))?;
            let mut said = String::new();
            if let StartExecResults::Attached { mut output, .. } = started {
                while let Some(Ok(piece)) = output.next().await {
                    said.push_str(&piece.to_string());
                }
            }
            let said = said.trim().to_owned();
            match client.inspect_exec(&exec).await.map_err(|error| wrong(text(error)))?.exit_code {
                Some(0) => Ok(said),
                status => Err(wrong(format!("status {}: {said}", status.unwrap_or(-1)))),
            }
        })
        .await
    }

    /// Ends it as [`Container::kill`] does and removes it, if we have started it. All it printed has been passed on then.
    pub async fn remove(mut self) {
        self.kill().await;
        // Removed, it has no lines any more.
        let follower = self.follower.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(follower) = follower {
            let _ = tokio::time::timeout(READ_OUT_WITHIN, follower).await;
        }
        if let Some(inner) = self.inner.take() {
            let _ = runtime::there(taken(inner)).await;
        }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let Some(inner) = self.inner.take() else { return };
        let (done, is_done) = std::sync::mpsc::channel();
        runtime::begin(async move {
            let _ = taken(inner).await;
            let _ = done.send(());
        });
        let _ = is_done.recv_timeout(DROP_WITHIN);
    }
}

async fn taken(inner: ContainerAsync<GenericImage>) -> Result<(), Error> {
    let id = inner.id().to_owned();
    let removed = match engine::client().await {
        Ok(client) => remove(client, &id).await,
        Err(error) => Err(error),
    };
    // It is gone, or the engine is: a second try, the library's own, would only wait.
    std::mem::forget(inner);
    removed
}

async fn start(wanted: Wanted, lines: Lines) -> Result<Container, Error> {
    let client = engine::client().await?;
    let address = wanted
        .port
        .map(|_| port::free())
        .transpose()
        .map_err(|error| Error::engine("a port for the container", error))?;
    let bind = if wanted.for_containers { Some(engine::meeting().await?.bind) } else { None };
    let start = next_start();
    let Image { name, tag } = Image::parse(&wanted.image);
    let mut image = GenericImage::new(name, tag);
    if let Some(entrypoint) = &wanted.entrypoint {
        image = image.with_entrypoint(entrypoint);
    }
    if let Some(port) = wanted.port {
        image = image.with_exposed_port(ContainerPort::Tcp(port));
    }
    let labels = [(OWNER, Owner::this().to_string()), (START, start.clone())];
    let mut request = image.with_cmd(wanted.args.clone()).with_labels(labels).with_startup_timeout(START_WITHIN);
    for (name, value) in wanted.env {
        request = request.with_env_var(name, value);
    }
    for (path, content) in wanted.files {
        request = request.with_copy_to(path, content);
    }
    if let Some(dir) = wanted.dir {
        request = request.with_working_dir(dir);
    }
    let (port, limits) = (wanted.port, wanted.limits);
    let request = request.with_host_config_modifier(move |host| configure(host, port.zip(address), bind, limits));
    let inner = match request.start().await {
        Ok(inner) => inner,
        Err(error) => {
            // What was created and did not start is not the library's to remove. An engine that went away meanwhile is all there is to say.
            let left = match labelled(client, format!("{START}={start}")).await {
                Err(gone @ Error::NoEngine(_)) => return Err(gone),
                left => left.unwrap_or_default(),
            };
            for left in left {
                let _ = remove(client, &left.id.unwrap_or_default()).await;
            }
            let mut reason = error.to_string();
            let mut cause = std::error::Error::source(&error);
            while let Some(error) = cause {
                reason = format!("{reason}: {error}");
                cause = error.source();
            }
            return Err(Error::engine(format!("start a container of {}", wanted.image), reason));
        }
    };
    let id = inner.id().to_owned();
    let follower = Mutex::new(follow(id.clone(), 0, lines.clone()));
    Ok(Container { inner: Some(inner), id, address, lines, follower })
}

fn configure(host: &mut HostConfig, port: Option<(u16, SocketAddr)>, also: Option<IpAddr>, limits: Limits) {
    let binding =
        |ip: IpAddr, port: u16| PortBinding { host_ip: Some(ip.to_string()), host_port: Some(port.to_string()) };
    host.publish_all_ports = Some(false);
    host.port_bindings = port.map(|(inside, outside)| {
        let also = also.filter(|also| *also != outside.ip()).map(|ip| binding(ip, outside.port()));
        let all = std::iter::once(binding(outside.ip(), outside.port())).chain(also).collect();
        [(format!("{inside}/tcp"), Some(all))].into_iter().collect()
    });
    host.extra_hosts = Some(vec![format!("{HOST_NAME}:host-gateway")]);
    #[expect(clippy::cast_possible_truncation, reason = "a number of cores is small")]
    let nano = |cpus: f64| (cpus * 1e9) as i64;
    host.nano_cpus = limits.cpus.map(nano);
    let memory = limits.memory.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
    (host.memory, host.memory_swap) = (memory, memory);
}

/// Passes on what it prints from `since` (seconds since 1970) until it ends.
fn follow(id: String, since: i32, lines: Lines) -> Option<JoinHandle<()>> {
    runtime::begin(async move {
        let Ok(client) = engine::client().await else { return };
        let options = LogsOptionsBuilder::default().follow(true).stdout(true).stderr(true).since(since).build();
        let mut output = Box::pin(client.logs(&id, Some(options)));
        while let Some(Ok(
            LogOutput::StdOut { message } | LogOutput::StdErr { message } | LogOutput::Console { message },
        )) = output.next().await
        {
            String::from_utf8_lossy(&message).lines().for_each(|line| lines(line.trim_end().to_owned()));
        }
    })
}

#[expect(clippy::disallowed_methods, reason = "the engine's own clock, on which it keeps its logs")]
fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A name for one start.
fn next_start() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("{}-{}", Owner::this(), NEXT.fetch_add(1, Ordering::Relaxed))
}
