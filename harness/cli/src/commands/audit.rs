//! `shakedown audit`: what of a bucket is missing, damaged, dangling or of no use; what a registry shows of it; what another site lacks.

use std::env;
use std::fmt::Write as _;

use shakedown_audit::{Audit, Options, Severity, audit, compare_registries, compare_with_bucket};
use shakedown_client::{CallPolicy, Client, ClientOptions, Credentials, Secret};
use shakedown_faults::Span;
use shakedown_wire::Clock;

use super::bucket::{BucketArgs, client};
use crate::exit::Exit;
use crate::output::{Failure, Output};
use crate::progress::Spinner;

/// Findings of a kind that are shown on a terminal; `--json` has more.
const SHOWN: usize = 5;

/// Audit a bucket, a registry against its bucket, or two registries; read only
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shakedown audit --s3-endpoint http://127.0.0.1:9000 --bucket registry --deep
  shakedown audit --registry http://127.0.0.1:5000 --s3-endpoint http://127.0.0.1:9000 --bucket registry
  shakedown audit --registry http://site-a:5000 --against http://site-b:5000
Logins come from SHAKEDOWN_REGISTRY_LOGIN and SHAKEDOWN_AGAINST_LOGIN (user:password).
Exit code 0: nothing was found, 1: something was, 3: something could not be read.")]
pub struct Args {
    #[command(flatten)]
    bucket: BucketArgs,
    /// A registry, to be compared with its bucket or with --against
    #[arg(long, value_name = "URL", env = "SHAKEDOWN_REGISTRY")]
    registry: Option<String>,
    /// Another registry that should hold all that --registry holds
    #[arg(long, value_name = "URL", requires = "registry", conflicts_with = "s3_endpoint", env = "SHAKEDOWN_AGAINST")]
    against: Option<String>,
    /// Also read every link and hash every blob
    #[arg(long, env = "SHAKEDOWN_DEEP")]
    deep: bool,
    /// What is younger may belong to a push in flight and is no garbage yet
    #[arg(long, value_name = "DURATION", default_value = "24h", env = "SHAKEDOWN_IN_FLIGHT")]
    in_flight: Span,
    /// The result as JSON (shakedown.audit/v1)
    #[arg(long)]
    json: bool,
}

/// Audits and says what was found.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let runtime = super::one_thread()?;
    let result = runtime.block_on(audited(args, output))?;
    if args.json {
        let json = serde_json::to_string_pretty(&result).map_err(|error| Failure::environment(error.to_string()))?;
        output.line(&json);
    } else {
        output.print(&render(&result));
    }
    Ok(if result.is_clean() { Exit::Passed } else { Exit::Failed })
}

async fn audited(args: &Args, output: &Output) -> Result<Audit, Failure> {
    let clock = Clock::real_time();
    let spinner = Spinner::new(output);
    let progress = |text: &str| spinner.say(text);
    let options =
        Options { root: args.bucket.root.clone(), deep: args.deep, in_flight: args.in_flight.0, ..Options::default() };
    let registry = |url: &str, login: &str| registry(url, login, &clock);
    let result = match (&args.registry, &args.against, &args.bucket.s3_endpoint) {
        (Some(a), Some(b), _) => {
            let a = registry(a, "SHAKEDOWN_REGISTRY_LOGIN")?;
            let b = registry(b, "SHAKEDOWN_AGAINST_LOGIN")?;
            compare_registries(&a, &b, &progress).await
        }
        (Some(url), None, Some(_)) => {
            let client = registry(url, "SHAKEDOWN_REGISTRY_LOGIN")?;
            compare_with_bucket(&client, &args.bucket.reader(&clock)?, &options, &progress).await
        }
        (None, _, Some(_)) => audit(&args.bucket.reader(&clock)?, &options, &progress).await,
        (Some(_), None, None) => {
            return Err(Failure::usage(
                "--registry needs --s3-endpoint and --bucket, or --against, to be compared with",
            ));
        }
        (None, _, None) => return Err(Failure::usage("say what to audit: --s3-endpoint and --bucket, or --registry")),
    };
    result.map_err(|error| Failure::environment(format!("cannot audit: {error}")))
}

fn registry(url: &str, login: &str, clock: &Clock) -> Result<Client, Failure> {
    let base: http::Uri = url.parse().map_err(|error| Failure::usage(format!("`{url}` is not a URL: {error}")))?;
    if base.authority().is_none() || base.scheme().is_none() {
        return Err(Failure::usage(format!("`{url}` is not a URL: it needs a scheme and a host")));
    }
    let mut options = ClientOptions { policy: CallPolicy::patient(), ..ClientOptions::new(base, clock.clone()) };
    if let Ok(text) = env::var(login) {
        let (user, password) =
            text.split_once(':').ok_or_else(|| Failure::usage(format!("{login} is not user:password")))?;
        options.credentials = Credentials::Basic { username: user.to_owned(), password: Secret::new(password) };
    }
    Ok(Client::new(client(), options))
}

/// The result for a terminal.
fn render(audit: &Audit) -> String {
    let (mut text, seen) = (String::new(), &audit.seen);
    let mut line = |line: String| writeln!(text, "{line}").expect("a String takes every text");
    for group in &audit.groups {
        let severity = match group.severity {
            Severity::Loss => "LOSS",
            Severity::Disorder => "DISORDER",
            Severity::Waste => "WASTE",
        };
        let bytes = if group.bytes > 0 { format!(", {} bytes", group.bytes) } else { String::new() };
        line(format!("{severity:<9} {}  {}{bytes}", group.kind.id, group.count));
        line(format!("          {}", group.means));
        for finding in group.findings.iter().take(SHOWN) {
            line(format!("            {}: {}", finding.at, finding.detail));
        }
        if group.count > SHOWN as u64 {
            line(format!("            ... and {} more (--json shows them)", group.count - SHOWN as u64));
        }
        line(format!("          do: {}", group.advice));
        line(String::new());
    }
    let mut looked =
        vec![format!("{} repositories, {} tags, {} manifests", seen.repositories, seen.tags, seen.manifests)];
    if seen.objects > 0 {
        looked.push(format!("{} objects ({} bytes), {} blobs", seen.objects, seen.bytes, seen.blobs));
    }
    if seen.hashed > 0 {
        looked.push(format!("{} blobs hashed", seen.hashed));
    }
    if seen.in_flight > 0 {
        looked.push(format!("{} too young to judge", seen.in_flight));
    }
    let found: u64 = audit.groups.iter().map(|group| group.count).sum();
    let verdict = if found == 0 { "clean".to_owned() } else { format!("{found} findings") };
    line(format!("{verdict}: {} ({})", audit.of, looked.join("; ")));
    text
}
