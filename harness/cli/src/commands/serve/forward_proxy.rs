//! `shakedown serve forward-proxy`: the proxy of a company by hand, between a client or a registry and the hosts that it asks for.

use std::net::SocketAddr;
use std::path::Path;

use http::uri::Authority;
use serde::Deserialize;
use shakedown_faults::forward::ProxyLogin;
use shakedown_faults::{Fault, ForwardProxySettings, On};
use shakedown_peers::forward::{ForwardProxy, ProxyUser};
use shakedown_wire::server::ServerOptions;
use shakedown_wire::{Clock, network};

use super::{Signals, listen_with, logged, until_interrupted};
use crate::exit::Exit;
use crate::output::{Failure, Output};

/// A forward proxy that misbehaves on demand, for a client or a registry with HTTP_PROXY
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: shakedown serve forward-proxy --name registry.corp=127.0.0.1:5000 -v &
         curl -x http://127.0.0.1:3128 http://registry.corp/v2/
         HTTP_PROXY=http://127.0.0.1:3128 skopeo copy --dest-tls-verify=false oci:my-image docker://registry.corp/lab/app:1
Programs in Go (skopeo, docker, docker-registry) never use a proxy for 127.0.0.1: give such a host a --name.
A file for --fault is a list of faults (`on: forward-proxy`), or a mapping with `settings` (as `given.forward-proxy`) and `faults`.")]
pub(super) struct ForwardProxyArgs {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:3128", env = "SHAKEDOWN_LISTEN")]
    listen: SocketAddr,
    /// A host that the proxy alone resolves, on port 80: HOST=ADDRESS:PORT; may be given more than once
    #[arg(long = "name", value_name = "HOST=ADDRESS:PORT", env = "SHAKEDOWN_NAME", value_delimiter = ',', value_parser = name)]
    names: Vec<(String, Authority)>,
    /// What it does wrong: a YAML file
    #[arg(long = "fault", value_name = "FILE", env = "SHAKEDOWN_FAULT")]
    fault: Option<String>,
    /// Lets nobody pass without this user and the password: 407
    #[arg(long, value_name = "USER", requires = "password", env = "SHAKEDOWN_PROXY_USER")]
    user: Option<String>,
    /// The password of --user; prefer the environment variable, command lines are visible to others
    #[arg(long, requires = "user", env = "SHAKEDOWN_PROXY_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// Seed of everything random
    #[arg(long, default_value_t = 1, env = "SHAKEDOWN_SEED")]
    seed: u64,
}

/// `HOST=ADDRESS:PORT`.
fn name(text: &str) -> Result<(String, Authority), String> {
    let wrong = || "write HOST=ADDRESS:PORT, e.g. registry.corp=127.0.0.1:5000".to_owned();
    let (host, address) = text.split_once('=').ok_or_else(wrong)?;
    let address: Authority = address.parse().map_err(|_| wrong())?;
    match address.port_u16() {
        Some(_) if !host.is_empty() && !host.contains([':', '/']) => Ok((host.to_owned(), address)),
        _ => Err(wrong()),
    }
}

/// A file for `--fault`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Habits {
    settings: ForwardProxySettings,
    faults: Vec<Fault>,
}

impl Habits {
    fn read(name: &str) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(Path::new(name))
            .map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
        let wrong = |error: String| Failure::usage(format!("{name}: {error}"));
        let is_list = text.lines().any(|line| line.starts_with("- ") || line.starts_with('['));
        let habits = if is_list && !text.contains("settings:") {
            let faults =
                serde_saphyr::from_str(&text).map_err(|error| wrong(format!("not a list of faults: {error}")))?;
            Self { faults, ..Self::default() }
        } else {
            serde_saphyr::from_str(&text).map_err(|error| wrong(error.to_string()))?
        };
        let mut problems = habits.settings.problems();
        problems.extend(habits.faults.iter().flat_map(Fault::problems));
        if habits.faults.iter().any(|fault| fault.on != On::ForwardProxy) {
            problems.push("a fault that is not `on: forward-proxy` never strikes here".to_owned());
        }
        if problems.is_empty() { Ok(habits) } else { Err(wrong(problems.join("\n       "))) }
    }
}

/// Serves until a signal.
pub(super) async fn serve(args: &ForwardProxyArgs, signals: Signals, output: &Output) -> Result<Exit, Failure> {
    let clock = Clock::real_time();
    let mut habits = args.fault.as_deref().map(Habits::read).transpose()?.unwrap_or_default();
    let user = match (&args.user, &args.password) {
        (Some(user), Some(password)) => {
            habits.settings.login = ProxyLogin::Asked;
            ProxyUser { user: user.clone(), password: password.clone() }
        }
        _ if habits.settings.login == ProxyLogin::Asked => {
            return Err(Failure::usage("`login: asked` needs somebody who may pass: give --user and --password"));
        }
        _ => ProxyUser { user: String::new(), password: String::new() },
    };
    let proxy = ForwardProxy::new(habits.settings, user, network::client(&network::NetworkOptions::default()));
    for (host, address) in &args.names {
        proxy.name(host, address.clone());
    }
    let party = proxy.faulty(habits.faults, args.seed, clock.clone());
    let party = logged("forward-proxy", party, &clock, output);
    let server = listen_with(args.listen, party, ServerOptions { tunnels: true, ..ServerOptions::default() }).await?;
    let mut ready = format!("ready: forward proxy on {}", server.base_uri());
    for (host, address) in &args.names {
        ready.push_str(&format!(", {host} is at {address}"));
    }
    until_interrupted(vec![server], signals, &ready, output).await;
    Ok(Exit::Passed)
}
