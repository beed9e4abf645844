//! `shakedown serve`: the parties by hand, for docker, skopeo, aws and a debugger. One subcommand per party.

mod auth;
mod forward_proxy;
mod gateway;
mod hop;
mod scenario;
mod swift;
mod token;
mod upstream;
mod webhook;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use shakedown_faults::{Fault, Span};
use shakedown_oci::Version;
use shakedown_registry::life::{GcPolicy, PurgePolicy};
use shakedown_registry::{DefectSet, Redirect, Registry, RegistryConfig, allowed, defects};
use shakedown_s3::{Credential, S3Config, S3Mock};
use shakedown_wire::redact::Redactor;
use shakedown_wire::server::{self, Server, ServerOptions};
use shakedown_wire::{Clock, Party, Request, network};

use self::auth::AuthArgs;
use self::token::TokenArgs;
use self::upstream::UpstreamArgs;
use super::Signals;
use crate::exit::Exit;
use crate::output::{Failure, Output};

/// Where the embedded S3 mock answers; no host of any network.
const MOCK_AUTHORITY: &str = "s3.test";

/// Serve a party by hand until Ctrl-C: the S3 mock, the reference registry, a token server, a gateway, a forward proxy, a Swift, or a webhook sink
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
    Token(Box<TokenArgs>),
    Gateway(Box<gateway::GatewayArgs>),
    ForwardProxy(Box<forward_proxy::ForwardProxyArgs>),
    Swift(Box<swift::SwiftArgs>),
    Webhook(Box<webhook::WebhookArgs>),
    #[command(hide = true)]
    Hop(hop::HopArgs),
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
It stands on an S3 mock in memory unless --s3-endpoint names another store.
With --upstream it is a pull-through cache: shakedown serve registry --upstream http://127.0.0.1:5002 --expire-older 7d --gc-every 1h
With a scenario as --fault, its whole world stands there: users, gateway, token server, images and faults. Attach a client, and look:
         shakedown serve registry --fault scenarios/clients/client-backs-off.yaml --control 127.0.0.1:5009 &
         shakedown watch http://127.0.0.1:5009")]
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
    /// The directory of the bucket that everything is kept in
    #[arg(long, value_name = "DIR", default_value = "", hide_default_value = true, env = "SHAKEDOWN_ROOT")]
    root: String,
    #[command(flatten)]
    keys: Keys,
    /// Redirects reads of blobs to presigned storage URLs; needs --s3-endpoint
    #[arg(long, env = "SHAKEDOWN_REDIRECT", requires = "s3_endpoint")]
    redirect: bool,
    /// Version of the specification to follow: 1.1 or head
    #[arg(long, value_name = "VERSION", default_value_t, env = "SHAKEDOWN_SPEC")]
    spec: Version,
    /// Refuses deletes
    #[arg(long, env = "SHAKEDOWN_READ_ONLY_DELETES")]
    no_delete: bool,
    /// Leaves the bytes of parts out of signatures; a CRC-64 guards them. Faster, where the storage takes UNSIGNED-PAYLOAD
    #[arg(long, env = "SHAKEDOWN_UNSIGNED_PARTS")]
    unsigned_parts: bool,
    /// Collects garbage this often
    #[arg(long, value_name = "DURATION", env = "SHAKEDOWN_GC_EVERY")]
    gc_every: Option<Span>,
    /// Whatever was written less than this ago stays when garbage is collected
    #[arg(long, value_name = "DURATION", default_value = "24h", env = "SHAKEDOWN_GRACE")]
    grace: Span,
    /// With --gc-every, also removes uploads of which nothing was written for so long
    #[arg(long, value_name = "DURATION", requires = "gc_every", env = "SHAKEDOWN_PURGE_OLDER")]
    purge_older: Option<Span>,
    /// Deleted manifests leave a tombstone and can be restored (`shakedown gc --restore`)
    #[arg(long, env = "SHAKEDOWN_SOFT_DELETE")]
    soft_delete: bool,
    /// Seeds a defect (`shakedown list --defects`); may be given more than once
    #[arg(long = "defect", value_name = "ID", env = "SHAKEDOWN_DEFECT", value_delimiter = ',')]
    defects: Vec<String>,
    /// Does what is allowed, but not its own way (`shakedown list --allowed`); may be given more than once
    #[arg(long = "allow", value_name = "ID", env = "SHAKEDOWN_ALLOW", value_delimiter = ',')]
    allowed: Vec<String>,
    /// With a scenario as --fault: the case of its matrix [default: the first]
    #[arg(long, value_name = "CASE", env = "SHAKEDOWN_CASE")]
    case: Option<String>,
    /// With a scenario as --fault: also serves what `shakedown watch` shows, and takes events, on this loopback address
    #[arg(long, value_name = "ADDR", env = "SHAKEDOWN_CONTROL")]
    control: Option<SocketAddr>,
    /// Posts what is pushed, pulled and deleted there, e.g. http://127.0.0.1:8091/events; may be given more than once
    #[arg(long = "notify", value_name = "URL", env = "SHAKEDOWN_NOTIFY", value_delimiter = ',')]
    notify: Vec<String>,
    #[command(flatten)]
    upstream: UpstreamArgs,
    #[command(flatten)]
    auth: AuthArgs,
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
    /// Faults of the S3 mock: a YAML file with a list of faults, or a profile (`shakedown list --profiles`); for a registry also a
    /// scenario, whose world then stands there
    #[arg(long = "fault", value_name = "FILE|PROFILE", env = "SHAKEDOWN_FAULT")]
    faults: Option<String>,
    /// Seed of everything random
    #[arg(long, default_value_t = 1, env = "SHAKEDOWN_SEED")]
    seed: u64,
}

/// Serves until Ctrl-C or SIGTERM.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let runtime = super::all_threads()?;
    runtime.block_on(async {
        // Caught before the ready line: who waits for that line may end us the moment it appears.
        let signals =
            Signals::catch().map_err(|error| Failure::environment(format!("cannot catch signals: {error}")))?;
        match &args.party {
            PartyArgs::S3(args) => s3(args, signals, output).await,
            PartyArgs::Registry(args) => match scenario::plan(args, output)? {
                Some(plan) => scenario::serve(&plan, args, signals, output).await,
                None => registry(args, signals, output).await,
            },
            PartyArgs::Token(args) => token::serve(args, signals, output).await,
            PartyArgs::Gateway(args) => gateway::serve(args, signals, output).await,
            PartyArgs::ForwardProxy(args) => forward_proxy::serve(args, signals, output).await,
            PartyArgs::Swift(args) => swift::serve(args, signals, output).await,
            PartyArgs::Webhook(args) => webhook::serve(args, signals, output).await,
            PartyArgs::Hop(args) => hop::serve(args, signals, output).await,
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
        must_be_loopback(address)?;
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
    let endpoint = args.s3_endpoint.clone().unwrap_or_else(|| format!("http://{MOCK_AUTHORITY}"));
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
    config.storage.root_directory.clone_from(&args.root);
    if args.redirect {
        config.redirect = Redirect::on(None);
    }
    config.version = args.spec;
    config.delete_enabled = !args.no_delete;
    config.soft_delete = args.soft_delete;
    config.storage.unsigned_parts = args.unsigned_parts;
    config.storage.hash_threads = true;
    config.defects = defects_set;
    config.auth = args.auth.load()?;
    config.notifications = webhook::notifications(&args.notify)?;
    config.upstream = args.upstream.read()?;
    let storage = args.upstream.beside(storage, args.s3_endpoint.is_none());
    for id in &args.allowed {
        let unknown =
            || Failure::usage(format!("nothing allowed is called `{id}`; `shakedown list --allowed` shows it"));
        allowed::find(id).ok_or_else(unknown)?.apply(&mut config);
    }
    let registry = Registry::new(config, storage, clock.clone(), args.faults.seed);
    let cleaning =
        args.gc_every.map(|every| tokio::spawn(clean_every(every.0, args.into(), registry.clone(), output.clone())));
    let server = listen(args.listen, logged("registry", registry.party(), &clock, output)).await?;
    let ready = format!("ready: {} on {} (on {backing})", args.upstream.title(), server.base_uri());
    until_interrupted(vec![server], signals, &ready, output).await;
    if let Some(cleaning) = cleaning {
        cleaning.abort();
    }
    Ok(Exit::Passed)
}

/// What `--gc-every` does each time.
struct Cleaning {
    gc: GcPolicy,
    purge: Option<PurgePolicy>,
    expire: Option<Duration>,
}

impl From<&RegistryArgs> for Cleaning {
    fn from(args: &RegistryArgs) -> Self {
        let purge = args.purge_older.map(|older_than| PurgePolicy { older_than: older_than.0, dry_run: false });
        Self { gc: GcPolicy { grace: args.grace.0, ..GcPolicy::default() }, purge, expire: args.upstream.expiry() }
    }
}

async fn clean_every(every: Duration, cleaning: Cleaning, registry: Registry, output: Output) {
    loop {
        tokio::time::sleep(every).await;
        if let Some(policy) = &cleaning.purge {
            match registry.purge_uploads(policy, &|_| {}).await {
                Ok(report) => output.note(&format!("purge: {} upload sessions removed", report.sessions_removed)),
                Err(error) => output.error(&format!("purge: {error}")),
            }
        }
        if let Some(older_than) = cleaning.expire {
            match registry.expire(older_than, &|_| {}).await {
                Ok(report) => output.note(&format!("expire: {} blobs let go", report.blobs_expired)),
                Err(error) => output.error(&format!("expire: {error}")),
            }
        }
        match registry.collect_garbage(&cleaning.gc, &|_| {}).await {
            Ok(report) => {
                output.note(&format!("gc: {} blobs ({} bytes) removed", report.blobs_removed, report.bytes_removed));
            }
            Err(error) => output.error(&format!("gc: {error}")),
        }
    }
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
        fault_file(name)
    }
}

/// The faults of a YAML file.
pub(super) fn fault_file(name: &str) -> Result<Vec<Fault>, Failure> {
    let text = std::fs::read_to_string(name).map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
    let faults: Vec<Fault> = serde_saphyr::from_str(&text)
        .map_err(|error| Failure::usage(format!("{name} is not a list of faults: {error}")))?;
    let problems: Vec<_> = faults.iter().flat_map(Fault::problems).collect();
    if problems.is_empty() {
        Ok(faults)
    } else {
        Err(Failure::usage(format!("{name}: {}", problems.join("\n       "))))
    }
}

fn must_be_loopback(address: SocketAddr) -> Result<(), Failure> {
    match address.ip().is_loopback() {
        true => Ok(()),
        false => Err(Failure::usage(format!(
            "the control interface has no authentication: {address} is not a loopback address"
        ))),
    }
}

pub(super) async fn listen(address: SocketAddr, party: Party) -> Result<Server, Failure> {
    listen_with(address, party, ServerOptions::default()).await
}

async fn listen_with(address: SocketAddr, party: Party, options: ServerOptions) -> Result<Server, Failure> {
    let listener = server::bind(address).map_err(|error| {
        Failure::environment(format!(
            "cannot listen on {address}: {error}; choose another with --listen (port 0 takes a free one)"
        ))
    })?;
    Ok(server::serve(listener, party, options))
}

/// With `-v`: one line a request on standard error.
pub(super) fn logged(name: &'static str, party: Party, clock: &Clock, output: &Output) -> Party {
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

pub(super) async fn until_interrupted(servers: Vec<Server>, mut signals: Signals, ready: &str, output: &Output) {
    output.line(ready);
    signals.next().await;
    for server in servers {
        server.shutdown().await;
    }
    output.note("stopped");
}
