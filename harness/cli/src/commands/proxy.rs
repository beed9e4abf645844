//! `shakedown proxy` and `shakedown record`: before a store of somebody else, to make it misbehave, and to learn how it does. Not here:
//! what a proxy does (`shakedown_s3::Proxy`), what is learned (`shakedown_s3::Learner`).

use std::net::SocketAddr;
use std::path::PathBuf;

use shakedown_faults::{Fault, FaultSet, On};
use shakedown_s3::{Learner, Proxy};
use shakedown_wire::{Clock, network};

use super::Signals;
use super::serve::{fault_file, listen, logged, until_interrupted};
use crate::exit::Exit;
use crate::output::{Failure, Output};

/// Stand before an S3 storage and make it misbehave on the way: Host and signatures stay intact
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: shakedown proxy --upstream http://127.0.0.1:9000 --fault faults.yaml
Point the registry's regionendpoint at the proxy; requests are signed for its address and pass on as they are. Faults are those of
scenarios (`on: s3`). What only a store can do (listings that are late, writes that are lost) is refused: a proxy passes on what came.")]
pub struct ProxyArgs {
    #[command(flatten)]
    way: Way,
    /// Faults: a YAML file with a list of them
    #[arg(long = "fault", value_name = "FILE", env = "SHAKEDOWN_FAULT")]
    faults: Option<String>,
    /// Seed of everything random
    #[arg(long, default_value_t = 1, env = "SHAKEDOWN_SEED")]
    seed: u64,
}

/// Learn how an S3 storage differs from S3 while a registry or `shakedown qualify` uses it, and write it as faults of the mock
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: shakedown record --upstream http://127.0.0.1:9000 --out vendor.yaml &
         shakedown qualify --endpoint http://127.0.0.1:9100 --bucket lab
The file is written when the recording ends (Ctrl-C); `shakedown serve s3 --fault vendor.yaml` plays that store. Learned are operations that
are not implemented, bodies of errors, elements that pages lack, late upload listings and latencies; no key, header or body is kept.")]
pub struct RecordArgs {
    #[command(flatten)]
    way: Way,
    /// The file of faults to write
    #[arg(long, value_name = "FILE", default_value = "recorded.yaml")]
    out: PathBuf,
}

/// Where it stands.
#[derive(Debug, clap::Args)]
struct Way {
    /// The storage, e.g. http://127.0.0.1:9000
    #[arg(long, value_name = "URL", env = "SHAKEDOWN_UPSTREAM")]
    upstream: String,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:9100", env = "SHAKEDOWN_LISTEN")]
    listen: SocketAddr,
    /// PEM with certificates to trust besides the well-known ones
    #[arg(long, value_name = "FILE", env = "SHAKEDOWN_CA")]
    ca: Option<PathBuf>,
}

/// Serves with faults until Ctrl-C or SIGTERM.
pub fn run(args: &ProxyArgs, output: &Output) -> Result<Exit, Failure> {
    let faults = args.faults.as_deref().map(fault_file).transpose()?.unwrap_or_default();
    for (at, fault) in faults.iter().enumerate() {
        check(fault).map_err(|reason| Failure::usage(format!("fault {at}: {reason}")))?;
    }
    serve(&args.way, faults, args.seed, None, output)
}

/// Serves and learns until Ctrl-C or SIGTERM, then writes what was learned.
pub fn record(args: &RecordArgs, output: &Output) -> Result<Exit, Failure> {
    let learner = Learner::default();
    let exit = serve(&args.way, Vec::new(), 0, Some(learner.clone()), output)?;
    let faults = learner.faults();
    let (count, requests) = (faults.lines().count(), learner.requests());
    let list = if faults.is_empty() { "[]\n" } else { &faults };
    let text = format!(
        "# How a storage differs from S3, learned from {requests} requests. To play it: shakedown serve s3 --fault FILE\n{list}"
    );
    std::fs::write(&args.out, text)
        .map_err(|error| Failure::environment(format!("cannot write {}: {error}", args.out.display())))?;
    output.line(&format!("{count} differences learned from {requests} requests, in {}", args.out.display()));
    Ok(exit)
}

/// Whether a proxy can do this.
fn check(fault: &Fault) -> Result<(), String> {
    if fault.on != On::S3 {
        return Err("a fault that is not `on: s3` never strikes here".to_owned());
    }
    if fault.effect.parties().contains(&On::Gateway) {
        return Ok(());
    }
    Err(format!("`{}` is something only the store itself can do, a proxy passes on what came", fault.effect.name()))
}

fn serve(way: &Way, faults: Vec<Fault>, seed: u64, learner: Option<Learner>, output: &Output) -> Result<Exit, Failure> {
    let upstream = super::qualify::url("--upstream", &way.upstream)?;
    if !matches!(upstream.path(), "" | "/") || upstream.query().is_some() {
        return Err(Failure::usage("--upstream: paths are passed on as they are; write SCHEME://HOST:PORT"));
    }
    if upstream.authority().is_some_and(|authority| authority.as_str() == way.listen.to_string()) {
        return Err(Failure::usage(format!("{} would be before itself; choose another --listen", way.listen)));
    }
    let roots = way.ca.as_ref().map(std::fs::read).transpose();
    let roots = roots.map_err(|error| Failure::usage(format!("cannot read --ca: {error}")))?;
    let runtime = super::all_threads()?;
    runtime.block_on(async {
        // Caught before the ready line: who waits for that line may end us the moment it appears.
        let signals =
            Signals::catch().map_err(|error| Failure::environment(format!("cannot catch signals: {error}")))?;
        let clock = Clock::real_time();
        let options = network::NetworkOptions { extra_roots_pem: roots, ..network::NetworkOptions::default() };
        let faults = FaultSet::new(faults, seed);
        let proxy = Proxy::new(upstream, network::client(&options), faults, clock.clone()).learning(learner);
        let party = proxy.party();
        let server = listen(way.listen, logged("proxy", party, &clock, output)).await?;
        let ready = format!("ready: proxy on {} (before {})", server.base_uri(), way.upstream);
        until_interrupted(vec![server], signals, &ready, output).await;
        Ok(Exit::Passed)
    })
}
