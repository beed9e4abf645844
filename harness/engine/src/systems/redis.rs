//! A Redis of one scenario: a process of its own that keeps nothing on disk, told what to do by its own client program.
//! Not here: what registries keep in it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use shakedown_containers::port;
use shakedown_wire::Clock;
use tempfile::TempDir;
use tokio::time::{Instant, sleep_until, timeout};

use super::child::{Child, Launch, Log, find_program};
use super::environment;
use crate::view::ViewError;

const SERVER: &str = "redis-server";
const CLIENT: &str = "redis-cli";
/// The programs, each with the package of Debian that has it.
pub(crate) const PROGRAMS: [(&str, &str); 2] = [(SERVER, "redis-server"), (CLIENT, "redis-tools")];
/// How long it may take to be ready, and one command of the client.
const LIMIT: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Pings until an answer comes, at most for `limit`.
pub(super) async fn until_ready(
    title: &str,
    limit: Duration,
    log: &Log,
    ping: impl AsyncFn() -> Result<(), ViewError>,
) -> Result<(), ViewError> {
    let ready = async {
        loop {
            let next_look = Instant::now() + LOOK_EVERY;
            if ping().await.is_ok() {
                return;
            }
            sleep_until(next_look).await;
        }
    };
    let late = |_| environment(title, format!("not ready within {limit:?}; its last lines: {}", log.tail(3)));
    timeout(limit, ready).await.map_err(late)
}

/// A running Redis, or one that was stopped.
#[derive(Debug)]
pub(crate) struct Redis {
    address: SocketAddr,
    launch: Launch,
    client: PathBuf,
    clock: Clock,
    child: Option<Child>,
    log: Log,
    /// Holds the directory until the process is gone.
    _dir: TempDir,
}

impl Redis {
    /// What is missing on this machine; the reason to skip.
    pub(crate) fn missing() -> Option<String> {
        let (missing, _) = PROGRAMS.into_iter().find(|(program, _)| find_program(program).is_none())?;
        let packages = PROGRAMS.map(|(_, package)| package).join(" ");
        Some(format!("needs `{missing}`, which is not installed (Debian: apt-get install {packages})"))
    }

    /// Starts it on a free port of loopback and waits until it answers.
    ///
    /// # Errors
    /// The programs are not there, or it is not ready in time; with its last lines.
    pub(crate) async fn start(clock: &Clock) -> Result<Self, ViewError> {
        let mut starts = port::Starts::default();
        loop {
            let address = port::free().map_err(|error| environment(SERVER, error))?;
            match Self::start_at(address, clock).await {
                Err(error) if starts.again(&error.reason) => {}
                other => return other,
            }
        }
    }

    async fn start_at(address: SocketAddr, clock: &Clock) -> Result<Self, ViewError> {
        let own = |error: std::io::Error| environment(SERVER, error);
        let program = |name: &str| find_program(name).ok_or_else(|| environment(name, "it is not installed"));
        let dir = crate::folder::new().map_err(own)?;
        let port = address.port().to_string();
        let args = ["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"].map(str::to_owned);
        let (args, dir_of) = (args.to_vec(), dir.path().to_owned());
        let launch = Launch { program: program(SERVER)?, args, env: Vec::new(), dir: dir_of, group: Vec::new() };
        let (client, log) = (program(CLIENT)?, Log::default());
        let mut redis = Self { address, launch, client, clock: clock.clone(), child: None, log, _dir: dir };
        redis.begin().await?;
        Ok(redis)
    }

    /// `host:port`.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts it again after [`Redis::stop`]; it is empty.
    pub(crate) async fn begin(&mut self) -> Result<(), ViewError> {
        let mut child =
            Child::start(&self.launch, &self.log, &self.clock).map_err(|error| environment(SERVER, error))?;
        let ready = until_ready(SERVER, LIMIT, &self.log, async || self.tell(&["PING"]).await);
        let ended = tokio::select! {
            // One that has ended is no Redis, whoever answers on its port.
            biased;
            _ = child.ended() => true,
            ready = ready => { ready?; false }
        };
        if ended {
            return Err(environment(SERVER, format!("it ended at once; its last lines: {}", self.log.tail(3))));
        }
        self.child = Some(child);
        Ok(())
    }

    /// Kills it.
    pub(crate) async fn stop(&mut self) {
        if let Some(child) = self.child.take() {
            child.kill().await;
        }
    }

    /// Empties it.
    pub(crate) async fn flush(&self) -> Result<(), ViewError> {
        self.tell(&["FLUSHALL"]).await
    }

    /// It answers nothing for so long, and then everything.
    pub(crate) async fn hang(&self, time: Duration) -> Result<(), ViewError> {
        self.tell(&["CLIENT", "PAUSE", &time.as_millis().to_string(), "ALL"]).await
    }

    /// One command; it must be answered with OK or PONG.
    async fn tell(&self, command: &[&str]) -> Result<(), ViewError> {
        let wrong = |reason: String| environment(format!("{CLIENT} {}", command.join(" ")), reason);
        let log = Log::default();
        let port = self.address.port().to_string();
        let args = ["-h", "127.0.0.1", "-p", &port].into_iter().chain(command.iter().copied());
        let args = args.map(str::to_owned).collect();
        let launch = Launch { program: self.client.clone(), args, ..self.launch.clone() };
        let mut child = Child::start(&launch, &log, &self.clock).map_err(|error| wrong(error.to_string()))?;
        let answered = async {
            child.ended().await.map_err(|error| wrong(error.to_string()))?;
            let said = log.tail(1);
            if matches!(said.as_str(), "OK" | "PONG") { Ok(()) } else { Err(wrong(said)) }
        };
        timeout(LIMIT, answered).await.map_err(|_| wrong(format!("no answer within {LIMIT:?}")))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_whose_port_is_taken_says_so_at_once() {
        if is_skipped() {
            return;
        }
        let other = std::net::TcpListener::bind(port::free().unwrap()).unwrap();
        let error = Redis::start_at(other.local_addr().unwrap(), &Clock::real_time()).await.unwrap_err();
        assert!(port::Starts::default().again(&error.reason), "{error:?}");
    }

    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    fn is_skipped() -> bool {
        let missing = Redis::missing();
        if let Some(missing) = &missing {
            assert!(std::env::var_os("CI").is_none(), "{missing}");
            eprintln!("skipped: {missing}");
        }
        missing.is_some()
    }

    #[tokio::test]
    async fn it_starts_hangs_stops_and_starts_again() {
        if is_skipped() {
            return;
        }
        let mut redis = Redis::start(&Clock::real_time()).await.unwrap();
        redis.flush().await.unwrap();
        let began = Instant::now();
        redis.hang(Duration::from_millis(300)).await.unwrap();
        redis.flush().await.unwrap();
        assert!(began.elapsed() >= Duration::from_millis(300), "{:?}", began.elapsed());
        redis.stop().await;
        assert!(redis.flush().await.is_err());
        redis.begin().await.unwrap();
        redis.flush().await.unwrap();
    }
}
