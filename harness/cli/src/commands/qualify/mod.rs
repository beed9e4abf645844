//! `shakedown qualify`: will a registry run on this storage, with which settings, and if not, whose fault is it? Not here: the
//! questions (`shakedown-probe`), where keys come from (`keys`), how the answer is shown (`show`, `page`,
//! `ticket`) and kept (`bundle`).

pub(crate) mod bundle;
pub(crate) mod keys;
mod page;
mod registry;
mod show;
mod ticket;
pub(crate) mod versus;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use shakedown_engine::Interrupt;
use shakedown_faults::Span;
use shakedown_probe::{Decision, Level, Plan, Profile, Report, Stop, Target, Transport, Unable, qualify};
use shakedown_wire::{Clock, network};

use crate::exit::Exit;
use crate::output::{Failure, Output};
use crate::progress::Spinner;

/// Qualify an S3 storage for registries: what works, with which settings, and what to tell the storage's people
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shakedown qualify --endpoint http://127.0.0.1:9000 --bucket lab --dry-run
  shakedown qualify --endpoint https://s3.example.org --bucket registry --region eu-1 --profile distribution-2.8
  shakedown qualify --endpoint http://127.0.0.1:9000 --bucket lab --level standard --report json=storage.json
  shakedown qualify --endpoint http://127.0.0.1:9000 --bucket lab --bundle qualification
  shakedown qualify --endpoint http://127.0.0.1:9000 --bucket lab --with-registry docker-registry
  shakedown qualify --endpoint http://127.0.0.1:9000 --bucket lab --clean
Keys come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, or a profile of ~/.aws (--aws-profile), or are asked for.
Everything is written under a fresh random prefix, and removed again; nothing else in the bucket is read, written or deleted.
Exit code 0: every profile is qualified (perhaps with conditions), 1: one is not, 3: no answer, or the keys are refused, 6: undecided.")]
pub struct Args {
    /// The storage, e.g. https://s3.example.org:9000
    #[arg(long, value_name = "URL", env = "SHAKEDOWN_ENDPOINT")]
    endpoint: String,
    /// Bucket; it must exist
    #[arg(long, env = "SHAKEDOWN_BUCKET")]
    bucket: String,
    /// Region that requests are signed for
    #[arg(long, default_value = "us-east-1", env = "AWS_REGION")]
    region: String,
    /// Registries to qualify for: distribution-2.8, distribution-3, zot, harbor, gitlab, quay, gitea, all
    #[arg(long, value_name = "LIST", default_value = "all", value_delimiter = ',', env = "SHAKEDOWN_PROFILE")]
    profile: Vec<String>,
    /// How much is asked
    #[arg(long, value_enum, default_value_t, env = "SHAKEDOWN_LEVEL")]
    level: LevelArg,
    /// Only probes whose id begins so, e.g. mpu or err.get_missing
    #[arg(long, value_name = "LIST", value_delimiter = ',', env = "SHAKEDOWN_PROBES")]
    probes: Vec<String>,
    /// Another address of the same bucket, past a gateway or before it: both are asked, and the differences shown
    #[arg(long, value_name = "URL", env = "SHAKEDOWN_GATEWAY")]
    gateway: Option<String>,
    /// Also runs the scenarios about storage with this registry on the store, behind a proxy that makes it misbehave: reference,
    /// docker-registry, another system (`shakedown list --systems`) or its file, or an image; may be given several times
    #[arg(long, value_name = "NAME|FILE|IMAGE", env = "SHAKEDOWN_WITH_REGISTRY", value_delimiter = ',')]
    with_registry: Vec<String>,
    /// With --with-registry: only these of its scenarios, e.g. 'seen(A*)' (as `shakedown run -E`)
    #[arg(long, value_name = "EXPR", requires = "with_registry", env = "SHAKEDOWN_REGISTRY_FILTER")]
    registry_filter: Option<String>,
    /// The address under which clients of the registry see the storage, for redirects
    #[arg(long, value_name = "URL", env = "SHAKEDOWN_PUBLIC_HOST")]
    public_host: Option<String>,
    /// A profile of ~/.aws/credentials [default: AWS_PROFILE, or `default`]
    #[arg(long, value_name = "NAME")]
    aws_profile: Option<String>,
    /// A profile of ~/.aws/credentials with the keys that the registry will have, if they may do less
    #[arg(long, value_name = "NAME", env = "SHAKEDOWN_REGISTRY_AWS_PROFILE")]
    registry_aws_profile: Option<String>,
    /// PEM with certificates to trust besides the well-known ones
    #[arg(long, value_name = "FILE", env = "SHAKEDOWN_CA")]
    ca: Option<PathBuf>,
    /// The run ends after so long at the latest [default: 2m, 10m or 1h by level]
    #[arg(long, value_name = "DURATION", env = "SHAKEDOWN_DEADLINE")]
    deadline: Option<Span>,
    /// Shows what would be asked and what it may cost, and asks nothing
    #[arg(long)]
    dry_run: bool,
    /// Removes what crashed runs left in the bucket, and asks nothing else
    #[arg(long, conflicts_with = "dry_run")]
    clean: bool,
    /// With --clean: leaves alone what is younger, because it may be running
    #[arg(long, value_name = "DURATION", default_value = "1h")]
    older_than: Span,
    /// The report as a file: json=PATH, md=PATH; may be given several times
    #[arg(long, value_name = "FORMAT=PATH", value_parser = super::name_value)]
    report: Vec<(String, String)>,
    /// A new folder for all of it: page, summary, JUnit, evidence, tickets, sums (`shakedown verify`, `shakedown compare`)
    #[arg(long, value_name = "DIR", conflicts_with_all = ["dry_run", "clean"])]
    bundle: Option<PathBuf>,
    /// Seed of names and contents [default: a fresh one]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// How much is asked.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
pub(crate) enum LevelArg {
    /// Under half a minute and 400 requests on a near store.
    #[default]
    Quick,
    /// Some minutes: races and limits with the counts that show rare faults.
    Standard,
    /// As long as it takes.
    Heavy,
}

impl LevelArg {
    pub(crate) fn level(self) -> Level {
        match self {
            Self::Quick => Level::Quick,
            Self::Standard => Level::Standard,
            Self::Heavy => Level::Heavy,
        }
    }
}

/// Asks, and says what the answers mean.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let plan = args.plan()?;
    for (format, _) in &args.report {
        if !matches!(format.as_str(), "json" | "md") {
            return Err(Failure::usage(format!("--report {format}=...: the formats are json and md")));
        }
    }
    args.bundle.as_deref().map_or(Ok(()), bundle::check_place)?;
    if args.dry_run {
        output.print(&show::dry_run(&plan));
        return Ok(Exit::Passed);
    }
    args.with_registry.iter().try_for_each(|name| registry::system(name).map(drop))?;
    let target = args.target()?;
    let runtime = super::one_thread()?;
    if args.clean {
        return runtime.block_on(clean(args, target, output));
    }
    let (stop, interrupt) = (Stop::default(), Interrupt::new());
    let (stopping, ending) = (stop.clone(), interrupt.clone());
    super::on_interrupt(move || {
        stopping.stop();
        ending.trigger();
    });
    let mut answer = runtime.block_on(asked(args, target.clone(), &plan, &stop, output))?;
    for name in args.with_registry.iter().filter(|_| !stop.is_stopped()) {
        let on_top = registry::ask(args, name, &target, interrupt.clone(), output)?;
        let _ = write!(answer.text, "\n{}", registry::show(&on_top));
        answer.report.on_top.push(on_top);
    }
    output.print(&answer.text);
    write(args, &answer.report, &plan)?;
    if args.bundle.is_some() {
        output.note("check the bundle with shakedown verify, compare two with shakedown compare");
    }
    if stop.is_stopped() {
        return Ok(Exit::Interrupted);
    }
    Ok(if answer.is_shut_out { Exit::Failed } else { exit(&answer.report) })
}

/// What was answered, and how it is told.
struct Answer {
    report: Report,
    text: String,
    /// Nobody is let in through the gateway.
    is_shut_out: bool,
}

async fn asked(args: &Args, target: Target, plan: &Plan, stop: &Stop, output: &Output) -> Result<Answer, Failure> {
    output.note(&format!(
        "asking {} probes under {}/ in {}: at most {} requests and {}",
        plan.probes().len(),
        plan.prefix(),
        target.bucket,
        plan.requests(),
        show::size(plan.bytes())
    ));
    let mut report = one(args, target.clone(), plan.clone(), stop, output).await?;
    let (mut text, mut is_shut_out) = (show::report(&report, output), false);
    if let Some(gateway) = args.gateway.as_deref().filter(|_| !stop.is_stopped()) {
        let behind = Some(target.endpoint.clone());
        let target = Target { endpoint: url("--gateway", gateway)?, behind, ..target };
        let again = Plan { seed: plan.seed.wrapping_add(1), ..plan.clone() };
        // A gateway behind which nobody is let in is a result here, not a reason to give up.
        match one(args, target, again, stop, output).await {
            Ok(other) => {
                report.through(other);
                text.push_str(&show::comparison(&report));
            }
            Err(failure) => {
                text.push_str(&format!(
                    "\ngateway {gateway}: {}\n  the endpoint itself answers: the gateway is to blame\n",
                    failure.message
                ));
                is_shut_out = true;
            }
        }
    }
    Ok(Answer { report, text, is_shut_out })
}

async fn one(args: &Args, target: Target, plan: Plan, stop: &Stop, output: &Output) -> Result<Report, Failure> {
    let spinner = Spinner::new(output);
    let progress = |probe: &'static shakedown_probe::Probe, at: usize, of: usize| {
        spinner.say(&format!("{}/{of} {}", at + 1, probe.id));
    };
    let transport = args.transport()?;
    qualify(target, transport, Clock::real_time(), plan, stop, &progress).await.map_err(unable)
}

fn unable(unable: Unable) -> Failure {
    match unable {
        Unable::Interrupted => Failure { message: "interrupted; nothing was written".into(), exit: Exit::Interrupted },
        other => Failure::environment(other.to_string()),
    }
}

/// The worst answer, through the gateway and with the registries, too.
fn exit(report: &Report) -> Exit {
    if report.on_top.iter().any(|on_top| !on_top.failures.is_empty()) {
        return Exit::Failed;
    }
    if report.on_top.iter().any(|on_top| on_top.not_run.is_some()) {
        return Exit::Environment;
    }
    let through = report.gateway.iter().flat_map(|gateway| &gateway.profiles);
    match report.profiles.iter().chain(through).map(|profile| profile.decision).max() {
        Some(Decision::NotQualified) => Exit::Failed,
        Some(Decision::Undecided) => Exit::Inconclusive,
        _ => Exit::Passed,
    }
}

fn write(args: &Args, report: &Report, plan: &Plan) -> Result<(), Failure> {
    if let Some(dir) = &args.bundle {
        bundle::write(dir, report, plan)?;
    }
    for (format, path) in &args.report {
        let text = match format.as_str() {
            "json" => {
                serde_json::to_string_pretty(report).map_err(|error| Failure::environment(error.to_string()))? + "\n"
            }
            _ => show::markdown(report),
        };
        std::fs::write(Path::new(path), text)
            .map_err(|error| Failure::environment(format!("cannot write {path}: {error}")))?;
    }
    Ok(())
}

async fn clean(args: &Args, target: Target, output: &Output) -> Result<Exit, Failure> {
    let done = shakedown_probe::clean(target, args.transport()?, Clock::real_time(), args.older_than.0)
        .await
        .map_err(unable)?;
    output.line(&format!(
        "removed {} prefixes: {} objects, {} uploads",
        done.prefixes.len(),
        done.objects,
        done.uploads
    ));
    for prefix in &done.skipped {
        output.line(&format!("left alone: {prefix} (younger than --older-than, or without the mark of a run)"));
    }
    for left in &done.left_behind {
        output.line(&format!("could not be removed: {left}"));
    }
    Ok(if done.left_behind.is_empty() { Exit::Passed } else { Exit::Failed })
}

impl Args {
    fn plan(&self) -> Result<Plan, Failure> {
        let mut plan = Plan::new(self.level.level(), self.seed.unwrap_or_else(shakedown_engine::fresh_seed));
        if !self.profile.iter().any(|name| name == "all") {
            let find = |name: &String| {
                let names = Profile::ALL.map(Profile::name).join(", ");
                Profile::find(name).ok_or_else(|| Failure::usage(format!("there is no profile `{name}`: {names}, all")))
            };
            plan.profiles = self.profile.iter().map(find).collect::<Result<_, _>>()?;
        }
        plan.only.clone_from(&self.probes);
        plan.deadline = self.deadline.map_or(plan.deadline, |span| span.0);
        if plan.probes().is_empty() {
            return Err(Failure {
                message: "no probe of this level begins so; --dry-run shows them".into(),
                exit: Exit::Nothing,
            });
        }
        Ok(plan)
    }

    fn target(&self) -> Result<Target, Failure> {
        Ok(Target {
            endpoint: url("--endpoint", &self.endpoint)?,
            bucket: self.bucket.clone(),
            region: self.region.clone(),
            credentials: keys::find(self.aws_profile.as_deref())?,
            registry: self.registry_aws_profile.as_deref().map(|name| keys::find(Some(name))).transpose()?,
            public: self.public_host.as_deref().map(|text| url("--public-host", text)).transpose()?,
            behind: None,
        })
    }

    /// Connections that are kept, and such that are not.
    fn transport(&self) -> Result<Transport, Failure> {
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))
        };
        let options = network::NetworkOptions {
            head_timeout: Some(Duration::from_secs(20)),
            body_timeout: Some(Duration::from_secs(20)),
            extra_roots_pem: self.ca.as_ref().map(read).transpose()?,
            // As long as the SDKs keep theirs: what a store or a gateway does to idle connections is seen.
            idle_timeout: Duration::from_secs(90),
            ..network::NetworkOptions::default()
        };
        let fresh = network::NetworkOptions { idle_connections: 0, ..options.clone() };
        Ok(Transport { pooled: network::client(&options), fresh: network::client(&fresh), sockets: true })
    }
}

/// An absolute address without a password in it.
pub(super) fn url(flag: &str, text: &str) -> Result<http::Uri, Failure> {
    let uri: http::Uri = text.parse().map_err(|error| Failure::usage(format!("{flag} is not a URL: {error}")))?;
    match uri.authority() {
        Some(authority) if uri.scheme().is_some() && !authority.as_str().contains('@') => Ok(uri),
        Some(_) if uri.scheme().is_some() => {
            Err(Failure::usage(format!("{flag} holds a user: give keys by the environment")))
        }
        _ => Err(Failure::usage(format!(
            "{flag} is not a URL: it needs a scheme and a host, e.g. http://127.0.0.1:9000"
        ))),
    }
}
