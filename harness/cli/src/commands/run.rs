//! `shakedown run`: scenarios against a system. Arguments, report files and the exit code; the engine does the rest. Not here: on what, and how
//! (`target`).

pub(super) mod podman;
mod side_by_side;
mod target;

use std::path::PathBuf;

use shakedown_engine::{Ending, Interrupt, RunOptions, RunResult, StartedStore, SystemChoice, SystemFile};
use shakedown_reports::{Baseline, Event, Format, Keep, Report};
use shakedown_scenario::Plan;

use crate::baseline;
use crate::certification;
use crate::commands::store::StoreArgs;
use crate::exit::Exit;
use crate::filter::{Filter, Subject};
use crate::library::{self, Selection};
use crate::output::{Failure, Output};
use crate::progress::{self, Progress};
use crate::reports::{self, Streams, Target};

pub use target::TargetArgs;
pub(super) use target::{own_vars, shard};

/// Run scenarios against a registry, on the S3 mock that misbehaves as they say
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shakedown run                                        everything, on the reference registry, in memory
  shakedown run -E 'seen(A*)' --over tcp               the upload incidents, over real sockets
  shakedown run --system distribution-2.8              docker-registry 2.8.2 as a child process
  shakedown run --system reference --system distribution-2.8
                                                       the same on both, with one table of verdicts side by side
  shakedown run --system http://127.0.0.1:5000 --s3 http://127.0.0.1:9001
                                                       what runs already on `shakedown serve s3 --control 127.0.0.1:9001`
  shakedown run --system distribution-2.8 --s3-endpoint http://127.0.0.1:9000 --bucket lab scenarios/storage
                                                       the same registry on your own store, behind a proxy that misbehaves
  shakedown run --report junit=report.xml              one more report format

Known failures, two lists: --deviations says what a registry does otherwise, whoever tests it; it lives beside its system file, has a
reason for each entry and may be bound to versions. --baseline says what your project lets pass for now; each entry has an
owner and a day on which it expires. What either lists is `known` and fails nothing; an entry that no longer occurs fails the run.
Deviations are looked at first, so what they list needs no entry in a baseline.")]
pub struct Args {
    /// Scenario files and folders [default: ./scenarios, else the built-in set]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    store: StoreArgs,
    /// Also write a report: FORMAT=PATH (formats: `shakedown list --formats`); may be given more than once
    #[arg(long = "report", value_name = "FORMAT=PATH", value_parser = Target::parse, env = "SHAKEDOWN_REPORT", value_delimiter = ',')]
    reports: Vec<Target>,
    /// Writes the failures of this run as a list of known deviations, with reasons to fill in
    #[arg(long, value_name = "FILE", env = "SHAKEDOWN_WRITE_DEVIATIONS")]
    write_deviations: Option<PathBuf>,
    /// Folder for the JSON report
    #[arg(long, value_name = "DIR", default_value = "shakedown-report", env = "SHAKEDOWN_OUT")]
    out: PathBuf,
    /// Of which scenarios reports keep every call; of the others they keep a summary
    #[arg(long, value_enum, default_value_t, env = "SHAKEDOWN_TRACE")]
    trace: Trace,
    /// File of known failures: only what is new fails, and entries that no longer hold
    #[arg(long, value_name = "FILE", env = "SHAKEDOWN_BASELINE")]
    baseline: Option<PathBuf>,
    /// Writes the failures of this run to the baseline: entries of before stay, new ones wait for an owner
    #[arg(long, requires = "baseline")]
    write_baseline: bool,
    /// Also writes the directory that OCI's certification asks for: PRODUCT.yaml, README.md, results.yaml, report.html, junit.xml
    #[arg(long, value_name = "DIR", env = "SHAKEDOWN_CERTIFICATION")]
    certification: Option<PathBuf>,
    /// The fields of PRODUCT.yaml: vendor, name, version, website_url, ...
    #[arg(long, value_name = "FILE", requires = "certification", env = "SHAKEDOWN_PRODUCT")]
    product: Option<PathBuf>,
}

/// How much of the traces reports keep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Trace {
    /// Of those that did not pass.
    #[default]
    Failed,
    /// Of all.
    All,
}

impl From<Trace> for Keep {
    fn from(trace: Trace) -> Self {
        match trace {
            Trace::Failed => Self::Failed,
            Trace::All => Self::All,
        }
    }
}

/// Which scenarios.
#[derive(Debug, Default, clap::Args)]
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

/// Runs, reports and says how it went.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let known = args.known()?;
    let product = args.product.as_deref().map(certification::product).transpose()?.unwrap_or_default();
    let plans = select(&args.paths, &args.select, output)?;
    if args.target.names().len() > 1 {
        return side_by_side::run(args, &plans, output);
    }
    let options = args.target.single(&args.select, output)?;
    let store = args.store.start(&args.select.vars, output)?;
    let options = args.on_store(options, store.as_ref())?;
    if let Some(file) = args.write_deviations.as_ref().filter(|file| file.exists()) {
        let there = file.display();
        return Err(Failure::usage(format!("{there} is there already: its reasons would be lost; name another file")));
    }
    let streams = Streams::open(&args.reports, args.trace.into())?;
    let RunResult { report, ending } = execute(plans, options, output, |event| streams.write(event));
    streams.close()?;
    let mut known = known.unwrap_or_default();
    if let Some(path) = args.baseline.as_deref().filter(|_| args.write_baseline) {
        known = known.renewed(&report);
        baseline::write(path, &known)?;
        output.note(&format!("baseline  {}: {} known", path.display(), known.known.len()));
    }
    let (report, problems) = known.apply(report);
    let ending = match ending {
        Ending::Failed | Ending::Passed if !problems.is_empty() => Ending::Failed,
        Ending::Failed => Ending::of(&report, None, false),
        other => other,
    };
    if let Some(folder) = &args.certification {
        let kept = report.clone().kept(args.trace.into());
        certification::write(folder, product, &kept, &args.command(&kept), &args.select, output)?;
    }
    args.tell(report.kept(args.trace.into()), ending, &problems, output)
}

impl Args {
    /// The same on somebody's store, if one is named.
    fn on_store(&self, options: RunOptions, started: Option<&StartedStore>) -> Result<RunOptions, Failure> {
        let storage = self.store.read(started)?;
        if storage.is_some() && matches!(options.system, SystemChoice::Url { .. }) {
            return Err(Failure::usage("a store goes with a registry that we start: one that runs has its storage"));
        }
        Ok(RunOptions { storage, ..options })
    }

    /// The baseline, if one is asked for; when it is to be written, it need not be there yet.
    fn known(&self) -> Result<Option<Baseline>, Failure> {
        let path = self.baseline.as_deref().filter(|path| !self.write_baseline || path.exists());
        path.map(baseline::read).transpose()
    }

    /// What repeats the run: nothing of it is secret, because the report has no secrets.
    fn command(&self, report: &Report) -> String {
        let run = &report.run;
        let mut words = vec!["shakedown run".to_owned()];
        words.extend(self.paths.iter().map(|path| certification::word(&path.display().to_string())));
        words.extend(self.select.tags.iter().map(|tag| format!("--tag {}", certification::word(tag))));
        words.extend(self.select.filter.iter().map(|filter| format!("-E {}", certification::word(filter))));
        let given = self.select.given();
        let vars = given.iter().map(|(name, value)| format!("{name}={value}"));
        words.extend(vars.map(|var| format!("--var {}", certification::word(&var))));
        words.push(format!("--system {} --spec {}", certification::word(&run.system), run.rules.version));
        words.push(format!("--over {} --seed {}", run.over, run.seed));
        words.join(" ")
    }

    /// Prints and writes all reports; what is wrong with the baseline stands below.
    fn tell(&self, report: Report, ending: Ending, problems: &[String], output: &Output) -> Result<Exit, Failure> {
        let options = progress::options(output);
        if output.quiet {
            let mut text = String::new();
            shakedown_reports::terminal::summary(&report, &options, &mut text).expect("a String takes every text");
            output.print(&text);
        } else {
            output.print(&Format::named("terminal").expect("a built-in format").text(&report, &options));
        }
        for problem in problems {
            output.line(&format!("baseline  {problem}"));
        }
        let rest = self.reports.iter().filter(|target| !target.is_streamed());
        for target in std::iter::once(&Target::json_in(&self.out)).chain(rest) {
            target.write(&report)?;
            output.note(&format!("report  {}", target.path.display()));
        }
        if let Some(file) = &self.write_deviations {
            reports::write_text(file, &shakedown_engine::draft_deviations(&report))?;
            output.note(&format!("deviations  {}: write the reasons, then give it with --deviations", file.display()));
        }
        conclude(ending, output)
    }
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
pub fn execute(
    plans: Vec<Plan>,
    mut options: RunOptions,
    output: &Output,
    also: impl Fn(&Event) + Send + Sync,
) -> RunResult {
    let interrupt = Interrupt::new();
    options.interrupt = interrupt.clone();
    super::on_interrupt(move || interrupt.trigger());
    let progress = Progress::new(output);
    shakedown_engine::run(plans, options, |event| {
        also(&event);
        progress.show(event);
    })
}

impl SelectArgs {
    /// What was given from outside for the scenarios, and may be shown.
    pub(super) fn given(&self) -> Vec<(String, String)> {
        library::given(&Selection { paths: &[], vars: &self.vars, secrets: &self.secrets })
    }
}

/// The system with this name, or the one that a file (*.yaml) tells of.
///
/// # Errors
/// There is none, or something is wrong with it.
pub(super) fn system_file(name: &str) -> Result<SystemFile, Failure> {
    SystemFile::named(name).map_err(Failure::usage)
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
