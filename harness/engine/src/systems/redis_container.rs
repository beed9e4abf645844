//! The Redis of a system that runs in a container: a container, too, told what to do by the client program in it.
//! Not here: the Redis of a process (`redis`).

use std::sync::Arc;
use std::time::Duration;

use shakedown_containers::{Container, Wanted, engine};

use super::child::Log;
use super::redis::until_ready;
use super::{environment, refused};
use crate::view::ViewError;

/// What it is called in messages.
const TITLE: &str = "Redis in a container";
/// Its port inside.
const PORT: u16 = 6379;
/// How long it may take to be ready.
const LIMIT: Duration = Duration::from_secs(20);

/// A running Redis, or one that was stopped.
#[derive(Debug)]
pub(crate) struct RedisContainer {
    container: Option<Container>,
    /// As other containers reach it; the same after a stop.
    address: String,
    log: Log,
}

impl RedisContainer {
    /// Starts it and waits until it answers.
    ///
    /// # Errors
    /// There is no engine or no image, or it is not ready in time; with its last lines.
    pub(crate) async fn start(image: &str) -> Result<Self, ViewError> {
        let own = |error| refused(TITLE, error);
        let log = Log::default();
        let words = ["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", "--save", "", "--appendonly", "no"];
        let wanted = Wanted {
            image: image.to_owned(),
            args: words.map(str::to_owned).to_vec(),
            port: Some(PORT),
            for_containers: true,
            ..Wanted::default()
        };
        let lines = log.clone();
        let container = Container::start(&wanted, Arc::new(move |line| lines.add(None, line))).await.map_err(own)?;
        let port = container.address().map(|address| address.port()).unwrap_or_default();
        let address = format!("{}:{port}", engine::meeting().await.map_err(own)?.name);
        let redis = Self { container: Some(container), address, log };
        redis.ready().await?;
        Ok(redis)
    }

    /// `host:port`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    async fn ready(&self) -> Result<(), ViewError> {
        until_ready(TITLE, LIMIT, &self.log, async || self.tell(&["PING"]).await).await
    }

    /// Starts it again after [`RedisContainer::stop`]; it is empty.
    pub(crate) async fn begin(&self) -> Result<(), ViewError> {
        if let Some(container) = &self.container {
            container.begin().await.map_err(|error| refused(TITLE, error))?;
        }
        self.ready().await
    }

    /// Kills it.
    pub(crate) async fn stop(&self) {
        if let Some(container) = &self.container {
            container.kill().await;
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

    /// Ends it for good.
    pub(crate) async fn remove(&mut self) {
        if let Some(container) = self.container.take() {
            container.remove().await;
        }
    }

    /// One command; it must be answered with OK or PONG.
    async fn tell(&self, command: &[&str]) -> Result<(), ViewError> {
        let Some(container) = &self.container else { return Err(environment(TITLE, "it is gone")) };
        let words: Vec<_> = std::iter::once("redis-cli").chain(command.iter().copied()).collect();
        let said = container.exec(&words).await.map_err(|error| refused(TITLE, error))?;
        if matches!(said.as_str(), "OK" | "PONG") { Ok(()) } else { Err(environment(TITLE, said)) }
    }
}
