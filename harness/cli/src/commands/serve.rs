//! `shakedown serve`: the parties by hand, for docker, skopeo, aws and a debugger. One subcommand per party.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use shakedown_faults::Fault;
use shakedown_registry::{DefectSet, Redirect, Registry, RegistryConfig, defects};
use shakedown_s3::{Credential, S3Config, S3Mock};
use shakedown_wire::redact::Redactor;
use shakedown_wire::server::{self, Server, ServerOptions};
use shakedown_wire::{Clock, Party, Request, network};

use super::Signals;
use crate::exit::Exit;
use crate::output::{Failure, Output};

/// Serve a party by hand until Ctrl-C: the S3 mock, or the reference registry
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    party: PartyArgs,
}

/// The parties.
#[derive(Debug, clap::Subcommand)]
enum PartyArgs {
    S3(Box<S3Args>),
    Registry(Box<RegistryArgs>),
}

/// The S3 mock, for aws, s3cmd, docker-registry or your registry
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: shakedown serve s3 --fault html-404.yaml --control 127.0.0.1:9001
The control interface takes faults, gives the journal and resets: curl 127.0.0.1:9001/ shows how.")]
struct S3Args {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:9000", env = "SHAKEDOWN_LISTEN")]
    listen: SocketAddr,
    /// A bucket that exists from the start; may be given more than once
    #[arg(long = "bucket", default_value = "lab", env = "SHAKEDOWN_BUCKET", value_delimiter = ',')]
    buckets: Vec<String>,
    #[command(flatten)]
    keys: Keys,
    /// Keeps objects in files below this folder instead of in memory
    #[arg(long, value_name = "DIR", env = "SHAKEDOWN_STORE")]
    store: Option<PathBuf>,
    #[command(flatten)]
    faults: FaultArgs,
    /// Also serves the control interface, on this loopback address
    #[arg(long, value_name = "ADDR", env = "SHAKEDOWN_CONTROL")]
    control: Option<SocketAddr>,
}

/// The reference registry, for docker, skopeo and other clients
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: shakedown serve registry &
         skopeo copy --dest-tls-verify=false oci:my-image docker://127.0.0.1:5000/lab/app:1
It stands on an S3 mock in memory unless --s3-endpoint names another store.")]
struct RegistryArgs {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:5000", env = "SHAKEDOWN_LISTEN")]
    listen: SocketAddr,
    /// S3 endpoint, e.g. http://127.0.0.1:9000 [default: an S3 mock in memory]
    #[arg(long, value_name = "URL", env = "SHAKEDOWN_S3_ENDPOINT")]
    s3_endpoint: Option<String>,
    /// Bucket
    #[arg(long, default_value = "lab", env = "SHAKEDOWN_BUCKET")]
    bucket: String,
    #[command(flatten)]
    keys: Keys,
    /// Redirects reads of blobs to presigned storage URLs; needs --s3-endpoint
    #[arg(long, env = "SHAKEDOWN_REDIRECT", requires = "s3_endpoint")]
    redirect: bool,
    /// Refuses deletes
    #[arg(long, env = "SHAKEDOWN_READ_ONLY_DELETES")]
    no_delete: bool,
    /// Seeds a defect (`shakedown list --defects`); may be given more than once
    #[arg(long = "defect", value_name = "ID", env = "SHAKEDOWN_DEFECT", value_delimiter = ',')]
    defects: Vec<String>,
    #[command(flatten)]
    faults: FaultArgs,
}

/// Credentials of the storage.
#[derive(Debug, clap::Args)]
struct Keys {
    /// Access key id
    #[arg(long, default_value = "shakedown", env = "SHAKEDOWN_ACCESS_KEY")]
    access_key: String,
    /// Secret access key; prefer the environment variable, command lines are visible to others
    #[arg(long, default_value = "shakedown-secret", env = "SHAKEDOWN_SECRET_KEY", hide_env_values = true)]
    secret_key: String,
    /// Region that requests are signed for
    #[arg(long, default_value = "us-east-1", env = "SHAKEDOWN_REGION")]
    region: String,
}

impl Keys {
    /// A mock that takes these keys.
    fn config(&self) -> S3Config {
        let credentials = vec![Credential::new(&self.access_key, &self.secret_key)];
        S3Config { credentials, region: self.region.clone(), ..S3Config::default() }
    }
}

/// Faults of the mock.
#[derive(Debug, clap::Args)]
struct FaultArgs {
    /// Faults of the S3 mock: a YAML file with a list of faults, or a profile (`shakedown list --profiles`)
    #[arg(long = "fault", value_name = "FILE|PROFILE", env = "SHAKEDOWN_FAULT")]
    faults: Option<String>,
    /// Seed of everything random
    #[arg(long, default_value_t = 1, env = "SHAKEDOWN_SEED")]
    seed: u64,
}

/// Serves until Ctrl-C or SIGTERM.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::environment(format!("cannot start threads: {error}")))?;
    runtime.block_on(async {
        // Caught before the ready line: who waits for that line may end us the moment it appears.
        let signals =
            Signals::catch().map_err(|error| Failure::environment(format!("cannot catch signals: {error}")))?;
        match &args.party {
            PartyArgs::S3(args) => s3(args, signals, output).await,
            PartyArgs::Registry(args) => registry(args, signals, output).await,
        }
    })
}

async fn s3(args: &S3Args, signals: Signals, output: &Output) -> Result<Exit, Failure> {
    let clock = Clock::real_time();
    let mut config = S3Config { buckets: args.buckets.clone(), ..args.keys.config() };
    let faults = args.faults.load(&mut config)?;
    let mock = match &args.store {
        Some(dir) => S3Mock::open(config, clock.clone(), args.faults.seed, dir)
            .map_err(|error| Failure::environment(format!("cannot open the store in {}: {error}", dir.display())))?,
        None => S3Mock::new(config, clock.clone(), args.faults.seed),
    };
    mock.injector().replace(faults, args.faults.seed);
    let server = listen(args.listen, logged("s3", mock.party(), &clock, output)).await?;
    let mut servers = vec![];
    let mut ready = format!("ready: S3 on {} (buckets {})", server.base_uri(), args.buckets.join(", "));
    servers.push(server);
    if let Some(address) = args.control {
        if !address.ip().is_loopback() {
            return Err(Failure::usage(format!(
                "the control interface has no authentication: {address} is not a loopback address"
            )));
        }
        let control = listen(address, shakedown_s3::control::control_party(&mock)).await?;
        ready.push_str(&format!(", control on {}", control.base_uri()));
        servers.push(control);
    }
    until_interrupted(servers, signals, &ready, output).await;
    Ok(Exit::Passed)
}

async fn registry(args: &RegistryArgs, signals: Signals, output: &Output) -> Result<Exit, Failure> {
    let clock = Clock::real_time();
    let mut defects_set = DefectSet::none();
    for id in &args.defects {
        let unknown = || Failure::usage(format!("there is no defect `{id}`; `shakedown list --defects` shows them"));
        defects_set = defects_set.with(defects::find(id).ok_or_else(unknown)?);
    }
    let endpoint = args.s3_endpoint.clone().unwrap_or_else(|| "http://s3.test".to_owned());
    let (storage, backing) = match &args.s3_endpoint {
        Some(endpoint) => {
            if args.faults.faults.is_some() {
                return Err(Failure::usage(
                    "--fault acts on the embedded S3 mock; with --s3-endpoint give it to `serve s3`",
                ));
            }
            (network::client(&network::NetworkOptions::default()), format!("bucket {} at {endpoint}", args.bucket))
        }
        None => {
            let mut config = S3Config { buckets: vec![args.bucket.clone()], ..args.keys.config() };
            let faults = args.faults.load(&mut config)?;
            let mock = S3Mock::new(config, clock.clone(), args.faults.seed);
            mock.injector().replace(faults, args.faults.seed);
            (mock.party(), "an S3 mock in memory".to_owned())
        }
    };
    let endpoint = endpoint.parse().map_err(|error| Failure::usage(format!("--s3-endpoint is not a URL: {error}")))?;
    let mut config = RegistryConfig::new(endpoint, &args.bucket, &args.keys.access_key, &args.keys.secret_key);
    config.storage.region.clone_from(&args.keys.region);
    if args.redirect {
        config.redirect = Redirect::on(None);
    }
    config.delete_enabled = !args.no_delete;
    config.defects = defects_set;
    let registry = Registry::new(config, storage, clock.clone(), args.faults.seed);
    let server = listen(args.listen, logged("registry", registry.party(), &clock, output)).await?;
    let ready = format!("ready: registry on {} (on {backing})", server.base_uri());
    until_interrupted(vec![server], signals, &ready, output).await;
    Ok(Exit::Passed)
}

impl FaultArgs {
    /// The faults of `--fault`; a profile also changes the mock's settings.
    fn load(&self, config: &mut S3Config) -> Result<Vec<Fault>, Failure> {
        let Some(name) = &self.faults else { return Ok(Vec::new()) };
        if let Some(profile) = shakedown_s3::profiles::profile(name) {
            profile.settings.apply(config);
            return Ok(profile.faults.clone());
        }
        if !Path::new(name).exists() {
            return Err(Failure::usage(format!(
                "there is no file and no profile `{name}`; `shakedown list --profiles` shows the profiles"
            )));
        }
        let text =
            std::fs::read_to_string(name).map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
        let faults: Vec<Fault> = serde_saphyr::from_str(&text)
            .map_err(|error| Failure::usage(format!("{name} is not a list of faults: {error}")))?;
        let problems: Vec<_> = faults.iter().flat_map(Fault::problems).collect();
        if problems.is_empty() {
            Ok(faults)
        } else {
            Err(Failure::usage(format!("{name}: {}", problems.join("\n       "))))
        }
    }
}

async fn listen(address: SocketAddr, party: Party) -> Result<Server, Failure> {
    let listener = server::bind(address).map_err(|error| {
        Failure::environment(format!(
            "cannot listen on {address}: {error}; choose another with --listen (port 0 takes a free one)"
        ))
    })?;
    Ok(server::serve(listener, party, ServerOptions::default()))
}

/// With `-v`: one line a request on standard error.
fn logged(name: &'static str, party: Party, clock: &Clock, output: &Output) -> Party {
    if output.verbose == 0 {
        return party;
    }
    let (clock, output, redactor) = (clock.clone(), output.clone(), Redactor::default());
    Party::from_fn(move |request: Request| {
        let (party, clock, output) = (party.clone(), clock.clone(), output.clone());
        let line = format!("{} {}", request.method(), redactor.uri(request.uri()));
        async move {
            let began = clock.elapsed();
            let result = party.send(request).await;
            let took = milliseconds(clock.elapsed().saturating_sub(began));
            match &result {
                Ok(answer) => output.note(&format!("{name} {line} {} {took}", answer.status().as_u16())),
                Err(error) => output.note(&format!("{name} {line} - {took} {error}")),
            }
            result
        }
    })
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1}ms", duration.as_secs_f64() * 1e3)
}

async fn until_interrupted(servers: Vec<Server>, mut signals: Signals, ready: &str, output: &Output) {
    output.line(ready);
    signals.next().await;
    for server in servers {
        server.shutdown().await;
    }
    output.note("stopped");
}
