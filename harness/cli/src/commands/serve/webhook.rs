//! `shakedown serve webhook`: a sink for the notifications of a registry, in all the states that sinks are in; and whom our own registry tells.

use std::net::SocketAddr;

use shakedown_peers::webhook::{Answers, Webhook};
use shakedown_registry::{Endpoint, Notifications};
use shakedown_wire::{Clock, network};

use super::{Signals, listen, logged, until_interrupted};
use crate::exit::Exit;
use crate::output::{Failure, Output};

/// A webhook sink that takes notifications, fails, hangs, redirects or answers with a page
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: shakedown serve webhook --answers hangs &
         shakedown serve registry --notify http://127.0.0.1:8091/hook
What it was told and took: curl 127.0.0.1:8091/events")]
pub(super) struct WebhookArgs {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8091", env = "SHAKEDOWN_LISTEN")]
    listen: SocketAddr,
    /// What it does with what is posted
    #[arg(long, value_enum, default_value = "ok", env = "SHAKEDOWN_ANSWERS")]
    answers: Does,
}

/// What it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Does {
    Ok,
    Fails,
    Hangs,
    Redirects,
    Html,
}

/// Serves until a signal.
pub(super) async fn serve(args: &WebhookArgs, signals: Signals, output: &Output) -> Result<Exit, Failure> {
    let clock = Clock::real_time();
    let sink = Webhook::new(match args.answers {
        Does::Ok => Answers::Ok,
        Does::Fails => Answers::Fails,
        Does::Hangs => Answers::Hangs,
        Does::Redirects => Answers::Redirects,
        Does::Html => Answers::Html,
    });
    let server = listen(args.listen, logged("webhook", sink.party(), &clock, output)).await?;
    let base = server.base_uri();
    let ready = format!("ready: webhook sink on {base} (what it took: {base}/events)");
    until_interrupted(vec![server], signals, &ready, output).await;
    Ok(Exit::Passed)
}

/// Whom a registry tells.
pub(super) fn notifications(urls: &[String]) -> Result<Notifications, Failure> {
    let endpoint = |url: &String| match url.parse::<http::Uri>() {
        Ok(uri) if uri.authority().is_some() => Ok(Endpoint::new(url, uri)),
        _ => Err(Failure::usage(format!("--notify {url}: write a URL, e.g. http://127.0.0.1:8091/events"))),
    };
    let endpoints = urls.iter().map(endpoint).collect::<Result<Vec<_>, _>>()?;
    let through = (!endpoints.is_empty()).then(|| network::client(&network::NetworkOptions::default()));
    Ok(Notifications { endpoints, through })
}
