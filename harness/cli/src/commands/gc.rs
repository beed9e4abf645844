//! `shakedown gc`: collects garbage of a bucket, purges uploads, restores what was deleted softly. Says what it would do unless told to.

use shakedown_faults::Span;
use shakedown_oci::{Digest, RepositoryName};
use shakedown_registry::Registry;
use shakedown_registry::life::{GcPolicy, GcReport, LifeError, PurgePolicy, PurgeReport, Untagged};
use shakedown_wire::Clock;

use super::bucket::{BucketArgs, client};
use crate::exit::Exit;
use crate::output::{Failure, Output};
use crate::progress::Spinner;

/// Collect garbage of a registry's bucket; only says what would go unless --delete is given
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: shakedown gc --s3-endpoint http://127.0.0.1:9000 --bucket registry --purge-older 7d
Pushes may go on through reference registries meanwhile. Other programs on the bucket are protected by --grace alone:
stop their pushes, or let no upload take longer than that.")]
pub struct Args {
    #[command(flatten)]
    bucket: BucketArgs,
    /// Really deletes
    #[arg(long)]
    delete: bool,
    /// Also removes manifests that no tag, index or subject keeps
    #[arg(long, env = "SHAKEDOWN_UNTAGGED")]
    untagged: bool,
    /// Whatever was written less than this ago stays
    #[arg(long, value_name = "DURATION", default_value = "24h", env = "SHAKEDOWN_GRACE")]
    grace: Span,
    /// Also removes uploads of which nothing was written for so long
    #[arg(long, value_name = "DURATION", env = "SHAKEDOWN_PURGE_OLDER")]
    purge_older: Option<Span>,
    /// How long softly deleted manifests can be restored
    #[arg(long, value_name = "DURATION", default_value = "7d", env = "SHAKEDOWN_RESTORE_WITHIN")]
    restore_within: Span,
    /// Nobody else uses the bucket: no waiting for pushes in flight
    #[arg(long)]
    alone: bool,
    /// Goes on although the store lists not one repository
    #[arg(long)]
    allow_empty: bool,
    /// Restores a softly deleted manifest instead
    #[arg(long, value_name = "REPO@DIGEST", conflicts_with_all = ["delete", "purge_older"])]
    restore: Option<String>,
    /// The result as JSON
    #[arg(long)]
    json: bool,
}

/// Cleans up.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let runtime = super::one_thread()?;
    runtime.block_on(async {
        let registry = Registry::new(args.bucket.config()?, client(), Clock::real_time(), rand_seed());
        match &args.restore {
            Some(what) => restore(&registry, what, output).await,
            None => clean(args, &registry, output).await,
        }
    })
}

/// Ids of collections must differ between processes.
fn rand_seed() -> u64 {
    u64::from(std::process::id()) << 32
        ^ Clock::real_time().now().duration_since(std::time::UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

async fn clean(args: &Args, registry: &Registry, output: &Output) -> Result<Exit, Failure> {
    let spinner = Spinner::new(output);
    let progress = |text: &str| spinner.say(text);
    let policy = GcPolicy {
        untagged: if args.untagged { Untagged::Remove } else { Untagged::Keep },
        grace: args.grace.0,
        alone: args.alone,
        restore_within: args.restore_within.0,
        dry_run: !args.delete,
        allow_empty: args.allow_empty,
        ..GcPolicy::default()
    };
    let purged = match args.purge_older {
        Some(older_than) => {
            let policy = PurgePolicy { older_than: older_than.0, dry_run: !args.delete };
            Some(registry.purge_uploads(&policy, &progress).await.map_err(failure)?)
        }
        None => None,
    };
    let report = registry.collect_garbage(&policy, &progress).await.map_err(failure)?;
    if args.json {
        output.line(&serde_json::json!({ "gc": report, "purge": purged }).to_string());
    } else {
        output.print(&render(&report, purged.as_ref()));
    }
    Ok(Exit::Passed)
}

async fn restore(registry: &Registry, what: &str, output: &Output) -> Result<Exit, Failure> {
    let bad = |reason: String| Failure::usage(format!("`{what}` is not REPO@DIGEST: {reason}"));
    let (name, digest) = what.split_once('@').ok_or_else(|| bad("there is no `@`".to_owned()))?;
    let name: RepositoryName = name.parse().map_err(|error| bad(format!("{error}")))?;
    let digest: Digest = digest.parse().map_err(|error| bad(format!("{error}")))?;
    let tags = registry.restore(&name, &digest).await.map_err(failure)?;
    let tags: Vec<_> = tags.iter().map(|tag| tag.as_str()).collect();
    output.line(&format!(
        "restored {name}@{digest}, tags: {}",
        if tags.is_empty() { "none".to_owned() } else { tags.join(", ") }
    ));
    Ok(Exit::Passed)
}

fn failure(error: LifeError) -> Failure {
    Failure::environment(error.to_string())
}

/// The result for a terminal.
pub fn render(report: &GcReport, purged: Option<&PurgeReport>) -> String {
    let mut text = String::new();
    for problem in &report.problems {
        text.push_str(&format!("problem  {}: {}\n", problem.repository, problem.what));
    }
    if report.more_problems > 0 {
        text.push_str(&format!("problem  ... and {} more\n", report.more_problems));
    }
    let verb = if report.dry_run { "would remove" } else { "removed" };
    text.push_str(&format!(
        "garbage  {verb} {} blobs ({} bytes), {} manifests; {} blobs stay in {} repositories with {} tags\n",
        report.blobs_removed,
        report.bytes_removed,
        report.manifests_removed,
        report.blobs_kept,
        report.repositories,
        report.tags
    ));
    if let Some(purged) = purged {
        text.push_str(&format!(
            "uploads  {verb} {} sessions ({} bytes) and {} multipart uploads; {} sessions live\n",
            purged.sessions_removed, purged.bytes_removed, purged.multipart_aborted, purged.sessions_kept
        ));
    }
    if report.dry_run {
        text.push_str("nothing was deleted: add --delete to do it\n");
    }
    text
}
