//! `shakedown run`: scenarios against a system. Arguments, report files and the exit code; the engine does the rest.

use std::path::{Path, PathBuf};

use shakedown_engine::{Ending, Interrupt, Over, RunOptions, RunResult, Shard, SystemChoice, SystemFile};
use shakedown_reports::{Format, Report};
use shakedown_scenario::Plan;

use crate::exit::Exit;
use crate::filter::{Filter, Subject};
use crate::library::{self, Selection};
use crate::output::{Failure, Output};
use crate::progress::{self, Progress};

/// Run scenarios against a registry, on the S3 mock that misbehaves as they say
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shakedown run                                        everything, on the reference registry, in memory
  shakedown run -E 'seen(A*)' --over tcp               the upload incidents, over real sockets
  shakedown run --system distribution-2.8              docker-registry 2.8.2 as a child process
  shakedown run --system http://127.0.0.1:5000 --s3 http://127.0.0.1:9001
                                                       what runs already on `shakedown serve s3 --control 127.0.0.1:9001`
  shakedown run --report junit=report.xml              one more report format")]
pub struct Args {
    /// Scenario files and folders [default: ./scenarios, else the built-in set]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Also write a report: FORMAT=PATH (formats: `shakedown list --formats`); may be given more than once
    #[arg(long = "report", value_name = "FORMAT=PATH", value_parser = report_target, env = "SHAKEDOWN_REPORT", value_delimiter = ',')]
    reports: Vec<ReportTarget>,
    /// Folder for the JSON report
    #[arg(long, value_name = "DIR", default_value = "shakedown-report", env = "SHAKEDOWN_OUT")]
    out: PathBuf,
}

/// Which scenarios.
#[derive(Debug, clap::Args)]
pub struct SelectArgs {
    /// Only what the expression selects: id(GLOB) tag(GLOB) seen(GLOB) spec(GLOB) & | ! ( )
    #[arg(short = 'E', long = "filter", value_name = "EXPR", env = "SHAKEDOWN_FILTER")]
    pub filter: Option<String>,
    /// Only scenarios with this tag; more than one: any of them
    #[arg(long = "tag", value_name = "TAG", env = "SHAKEDOWN_TAG", value_delimiter = ',')]
    pub tags: Vec<String>,
    /// Sets a variable of the scenarios: NAME=VALUE (also SHAKEDOWN_VAR_NAME in the environment)
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = super::name_value)]
    pub vars: Vec<(String, String)>,
    /// Like --var, but the value never appears in any output
    #[arg(long = "secret", value_name = "NAME=VALUE", value_parser = super::name_value)]
    pub secrets: Vec<(String, String)>,
}

/// On what, and how.
#[derive(Debug, clap::Args)]
pub struct TargetArgs {
    /// The registry: `reference`, a system name, a system file (*.yaml), or a URL
    #[arg(long, value_name = "NAME|FILE|URL", default_value = "reference", env = "SHAKEDOWN_SYSTEM")]
    system: String,
    /// Control address of the `shakedown serve s3 --control` under a registry given as URL
    #[arg(long = "s3", value_name = "CONTROL-URL", env = "SHAKEDOWN_S3")]
    s3_control: Option<String>,
    /// Seeds a defect into the reference registry (`shakedown list --defects`); may be given more than once
    #[arg(long = "defect", value_name = "ID", env = "SHAKEDOWN_DEFECT", value_delimiter = ',')]
    defects: Vec<String>,
    /// Seed of everything random; the same seed repeats a run [default: 1; for a registry given as URL a fresh one, because its
    /// repositories are named after it]
    #[arg(long, env = "SHAKEDOWN_SEED")]
    seed: Option<u64>,
    /// Transport: in memory and virtual time, or loopback TCP and real time
    #[arg(long, value_enum, default_value_t, env = "SHAKEDOWN_OVER")]
    over: Transport,
    /// Scenarios at the same time [default: one per core]
    #[arg(short, long, default_value_t = 0, hide_default_value = true, env = "SHAKEDOWN_JOBS")]
    jobs: usize,
    /// Only the I-th of N parts, e.g. 1/4
    #[arg(long, value_name = "I/N", value_parser = shard, env = "SHAKEDOWN_SHARD")]
    shard: Option<Shard>,
    /// Tries a failed scenario again so often
    #[arg(long, default_value_t = 0, env = "SHAKEDOWN_RETRIES")]
    retries: u32,
    /// Stops after so many failures
    #[arg(long, value_name = "N", env = "SHAKEDOWN_MAX_FAIL")]
    max_fail: Option<u32>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Transport {
    /// In memory, in virtual time.
    #[default]
    Memory,
    /// Over loopback TCP, in real time.
    Tcp,
}

/// Where one more report goes.
#[derive(Debug, Clone)]
struct ReportTarget {
    format: &'static Format,
    path: PathBuf,
}

/// Runs, reports and says how it went.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let plans = select(&args.paths, &args.select, output)?;
    let options = args.target.options(&args.select)?;
    let RunResult { report, ending } = execute(plans, options, output);
    let options = progress::options(output);
    if output.quiet {
        let mut text = String::new();
        shakedown_reports::terminal::summary(&report, &options, &mut text).expect("a String takes every text");
        output.print(&text);
    } else {
        output.print(&Format::named("terminal").expect("a built-in format").text(&report, &options));
    }
    let json =
        ReportTarget { format: Format::named("json").expect("a built-in format"), path: args.out.join("report.json") };
    for target in std::iter::once(&json).chain(&args.reports) {
        write(&report, target)?;
        output.note(&format!("report  {}", target.path.display()));
    }
    conclude(ending, output)
}

/// The plans that the arguments select.
///
/// # Errors
/// Mistakes in files or in the expression, or an empty selection.
pub fn select(paths: &[PathBuf], args: &SelectArgs, output: &Output) -> Result<Vec<Plan>, Failure> {
    let filter =
        args.filter.as_deref().map(Filter::parse).transpose().map_err(|error| Failure::usage(error.to_string()))?;
    let selection = Selection { paths, vars: &args.vars, secrets: &args.secrets };
    let mut plans = library::load_valid(&selection, output)?;
    let all = plans.len();
    plans.retain(|plan| {
        let scenario = &plan.scenario;
        let subject = Subject { id: &plan.id, tags: &scenario.tags, seen: &scenario.seen.0, spec: &scenario.spec };
        let tagged = args.tags.is_empty() || args.tags.iter().any(|tag| scenario.tags.contains(tag));
        tagged && filter.as_ref().is_none_or(|filter| filter.matches(&subject))
    });
    if plans.is_empty() {
        let message = format!("none of {all} scenarios is selected; `shakedown list` shows ids, tags and incidents");
        return Err(Failure { message, exit: Exit::Nothing });
    }
    Ok(plans)
}

/// Runs with progress; the first Ctrl-C lets running scenarios clean up, the second ends at once.
pub fn execute(plans: Vec<Plan>, mut options: RunOptions, output: &Output) -> RunResult {
    let interrupt = Interrupt::new();
    options.interrupt = interrupt.clone();
    super::on_interrupt(move || interrupt.trigger());
    let progress = Progress::new(output);
    shakedown_engine::run(plans, options, |event| progress.show(event))
}

impl TargetArgs {
    /// The engine's options.
    ///
    /// # Errors
    /// Unknown systems and defects, and combinations that make no sense.
    pub fn options(&self, select: &SelectArgs) -> Result<RunOptions, Failure> {
        let system = self.system()?;
        system.check().map_err(Failure::usage)?;
        let over = match self.over {
            Transport::Memory => Over::Memory,
            Transport::Tcp => Over::Tcp,
        };
        let secrets = select.secrets.iter().map(|(_, value)| value.clone()).collect();
        let seed =
            self.seed.unwrap_or_else(|| if matches!(system, SystemChoice::Url { .. }) { fresh_seed() } else { 1 });
        let (jobs, shard, retries, max_fail) = (self.jobs, self.shard, self.retries, self.max_fail);
        let vars = select.vars.iter().cloned().collect();
        Ok(RunOptions { system, over, seed, jobs, shard, retries, max_fail, vars, secrets, ..RunOptions::default() })
    }

    fn system(&self) -> Result<SystemChoice, Failure> {
        let name = self.system.as_str();
        if name.starts_with("http://") || name.starts_with("https://") {
            let (registry, s3_control) = (name.trim_end_matches('/').to_owned(), self.s3_control.clone());
            return Ok(SystemChoice::Url { registry, s3_control });
        }
        if self.s3_control.is_some() {
            return Err(Failure::usage(
                "--s3 goes with a registry given as URL: --system http://HOST:PORT --s3 CONTROL-URL",
            ));
        }
        if name == "reference" {
            return Ok(SystemChoice::Reference { defects: self.defects.clone() });
        }
        if !self.defects.is_empty() {
            return Err(Failure::usage("--defect goes with the reference registry only"));
        }
        let file = if Path::new(name).extension().is_some_and(|extension| extension == "yaml") {
            let text = std::fs::read_to_string(name)
                .map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
            SystemFile::parse(name, &text)
        } else if let Some(text) = library::built_in(&format!("scenarios/systems/{name}.yaml")) {
            SystemFile::parse(name, text)
        } else {
            return Err(Failure::usage(format!(
                "there is no system `{name}`; `shakedown list --systems` shows them, and a file (*.yaml) or a URL is taken, too"
            )));
        };
        file.map(|file| SystemChoice::Process(Box::new(file))).map_err(|error| Failure::usage(error.to_string()))
    }
}

/// A seed that no earlier run had, short enough to be typed again. The standard library's only source of randomness is its hasher.
fn fresh_seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish() >> 32
}

/// The exit code of a run, with a line where the report says nothing.
pub fn conclude(ending: Ending, output: &Output) -> Result<Exit, Failure> {
    Ok(match ending {
        Ending::Passed => Exit::Passed,
        Ending::Failed => Exit::Failed,
        Ending::Environment(reason) => return Err(Failure::environment(reason)),
        Ending::NothingSelected => Exit::Nothing,
        Ending::Inconclusive => Exit::Inconclusive,
        Ending::OurBug(what) => return Err(Failure { message: what, exit: Exit::Internal }),
        Ending::Interrupted => {
            output.note("interrupted");
            Exit::Interrupted
        }
    })
}

fn write(report: &Report, target: &ReportTarget) -> Result<(), Failure> {
    let text = target.format.text(report, &shakedown_reports::Options::default());
    let folder = target.path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let made = folder.map_or(Ok(()), std::fs::create_dir_all);
    made.and_then(|()| std::fs::write(&target.path, text)).map_err(|error| {
        Failure::environment(format!(
            "cannot write {}: {error}; choose another folder with --out",
            target.path.display()
        ))
    })
}

fn report_target(text: &str) -> Result<ReportTarget, String> {
    let names = || shakedown_reports::FORMATS.iter().map(|format| format.name).collect::<Vec<_>>().join(", ");
    let (name, path) = text.split_once('=').ok_or_else(|| format!("write FORMAT=PATH, with one of {}", names()))?;
    let format = Format::named(name).ok_or_else(|| format!("there is no format `{name}`, only {}", names()))?;
    Ok(ReportTarget { format, path: PathBuf::from(path) })
}

fn shard(text: &str) -> Result<Shard, String> {
    let parts = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
    match parts {
        Some((index, count)) if index >= 1 && index <= count => Ok(Shard { index, count }),
        _ => Err("write I/N with 1 <= I <= N, e.g. 1/4".to_owned()),
    }
}
