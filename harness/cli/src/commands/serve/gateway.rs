//! `shakedown serve gateway`: a reverse proxy with the habits of real ones, before anything that speaks HTTP.

use std::net::SocketAddr;
use std::path::Path;

use shakedown_faults::{Fault, On};
use shakedown_peers::gateway::profiles::{self, Profile};
use shakedown_peers::gateway::{Gateway, upstream};
use shakedown_wire::{Clock, network};

use super::{Signals, listen, logged, until_interrupted};
use crate::exit::Exit;
use crate::output::{Failure, Output};

/// A gateway that misbehaves on demand, before a registry or a store
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: shakedown serve gateway --upstream http://127.0.0.1:5000 --fault small-bodies
A file for --fault is a list of faults (`on: gateway`), or a mapping with `settings` and `faults`.")]
pub(super) struct GatewayArgs {
    /// What it stands before, e.g. http://127.0.0.1:5000; given more than once, requests go to each in turn
    #[arg(long = "upstream", value_name = "URL", required = true, env = "SHAKEDOWN_UPSTREAM", value_delimiter = ',')]
    upstreams: Vec<String>,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8080", env = "SHAKEDOWN_LISTEN")]
    listen: SocketAddr,
    /// What it does wrong: a YAML file, or a profile (`shakedown list --gateways`)
    #[arg(long = "fault", value_name = "FILE|PROFILE", env = "SHAKEDOWN_FAULT")]
    fault: Option<String>,
    /// Seed of everything random
    #[arg(long, default_value_t = 1, env = "SHAKEDOWN_SEED")]
    seed: u64,
}

/// Serves until a signal.
pub(super) async fn serve(args: &GatewayArgs, signals: Signals, output: &Output) -> Result<Exit, Failure> {
    let clock = Clock::real_time();
    let profile = args.fault.as_deref().map(load).transpose()?.unwrap_or_default();
    let address = |url: &String| upstream(url).map_err(|reason| Failure::usage(format!("--upstream {url}: {reason}")));
    let upstreams = args.upstreams.iter().map(address).collect::<Result<Vec<_>, _>>()?;
    if upstreams.iter().any(|upstream| upstream.as_str() == args.listen.to_string()) {
        return Err(Failure::usage(format!("{} would be before itself; choose another --listen", args.listen)));
    }
    let network = network::client(&network::NetworkOptions::default());
    let gateway = Gateway::new(profile.settings, upstreams, network, clock.clone());
    let party = gateway.faulty(profile.faults, args.seed, clock.clone());
    let server = listen(args.listen, logged("gateway", party, &clock, output)).await?;
    let ready = format!("ready: gateway on {} (before {})", server.base_uri(), args.upstreams.join(", "));
    until_interrupted(vec![server], signals, &ready, output).await;
    Ok(Exit::Passed)
}

/// A profile by its name, or a file.
fn load(name: &str) -> Result<Profile, Failure> {
    if let Some(profile) = Profile::named(name) {
        return Ok(profile);
    }
    if !Path::new(name).exists() {
        let known: Vec<_> = profiles::list().map(|(name, _)| name).collect();
        return Err(Failure::usage(format!(
            "there is no file and no gateway `{name}`; there are {}",
            known.join(", ")
        )));
    }
    let text = std::fs::read_to_string(name).map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
    let wrong = |error: String| Failure::usage(format!("{name}: {error}"));
    let profile =
        if text.lines().any(|line| line.starts_with("- ") || line.starts_with('[')) && !text.contains("settings:") {
            let faults: Vec<Fault> =
                serde_saphyr::from_str(&text).map_err(|error| wrong(format!("not a list of faults: {error}")))?;
            let problems: Vec<_> = faults.iter().flat_map(Fault::problems).collect();
            if !problems.is_empty() {
                return Err(wrong(problems.join("\n       ")));
            }
            Profile { faults, ..Profile::default() }
        } else {
            Profile::parse(&text).map_err(wrong)?
        };
    match profile.faults.iter().find(|fault| fault.on != On::Gateway) {
        Some(_) => Err(wrong("a fault that is not `on: gateway` never strikes here".to_owned())),
        None => Ok(profile),
    }
}
