//! `shakedown run`: scenarios against a system. Arguments, report files and the exit code; the engine does the rest.

pub(super) mod podman;
mod side_by_side;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use shakedown_engine::{
    Deviation, Ending, Interrupt, Over, RunOptions, RunResult, Shard, StartedStore, SystemChoice, SystemFile,
};
use shakedown_oci::Version;
use shakedown_reports::{Baseline, Event, Format, Keep, Report};
use shakedown_scenario::Plan;

use crate::baseline;
use crate::certification;
use crate::commands::bench;
use crate::commands::store::StoreArgs;
use crate::credentials::AccessArgs;
use crate::exit::Exit;
use crate::filter::{Filter, Subject};
use crate::library::{self, Selection};
use crate::output::{Failure, Output};
use crate::progress::{self, Progress};
use crate::reports::{self, Streams, Target};

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

/// On what, and how.
#[derive(Debug, clap::Args)]
pub struct TargetArgs {
    /// The registry: `reference` (or `reference+ID` with a defect or an allowed behaviour), a system name, a system file (*.yaml), or a
    /// URL; more than one: the same scenarios on each, verdicts side by side, and the worst exit code
    #[arg(
        long = "system",
        value_name = "NAME|FILE|URL",
        default_value = "reference",
        env = "SHAKEDOWN_SYSTEM",
        value_delimiter = ','
    )]
    systems: Vec<String>,
    /// Control address of the `shakedown serve s3 --control` under a registry given as URL
    #[arg(long = "s3", value_name = "CONTROL-URL", env = "SHAKEDOWN_S3")]
    s3_control: Option<String>,
    #[command(flatten)]
    access: AccessArgs,
    /// Seeds a defect into the reference registry (`shakedown list --defects`); may be given more than once
    #[arg(long = "defect", value_name = "ID", env = "SHAKEDOWN_DEFECT", value_delimiter = ',')]
    defects: Vec<String>,
    /// Version of the specification that the registry is held to: 1.1 or head
    #[arg(long, value_name = "VERSION", default_value_t, env = "SHAKEDOWN_SPEC")]
    spec: Version,
    /// Known deviations of the system, as in a system file: failures that are listed are no news, listed ones that no longer occur
    /// fail the run; may be given more than once
    #[arg(long, value_name = "FILE", env = "SHAKEDOWN_DEVIATIONS", value_delimiter = ',')]
    deviations: Vec<PathBuf>,
    /// Lets the reference registry do what is allowed, but not its own way (`shakedown list --allowed`); may be given more than once
    #[arg(long = "allow", value_name = "ID", env = "SHAKEDOWN_ALLOW", value_delimiter = ',')]
    allowed: Vec<String>,
    /// What must be there: without it the run fails (exit 3) instead of being skipped
    #[arg(long = "require", value_enum, value_name = "WHAT", env = "SHAKEDOWN_REQUIRE", value_delimiter = ',')]
    require: Vec<Requirement>,
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

/// What a run can insist on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Requirement {
    /// A container engine, and the images of the systems.
    Containers,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Transport {
    /// In memory, in virtual time.
    #[default]
    Memory,
    /// Over loopback TCP, in real time.
    Tcp,
}

/// Runs, reports and says how it went.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let known = args.known()?;
    let product = args.product.as_deref().map(certification::product).transpose()?.unwrap_or_default();
    let plans = select(&args.paths, &args.select, output)?;
    if args.target.systems.len() > 1 {
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

impl TargetArgs {
    /// The systems as they were asked for.
    fn names(&self) -> &[String] {
        &self.systems
    }

    /// The engine's options for the only system.
    ///
    /// # Errors
    /// There are several; and those of [`TargetArgs::options`].
    pub fn single(&self, select: &SelectArgs, output: &Output) -> Result<RunOptions, Failure> {
        match self.systems.as_slice() {
            [name] => self.options(name, select, output),
            _ => Err(Failure::usage("this command is about one system: give one --system")),
        }
    }

    /// The engine's options for one of the systems.
    ///
    /// # Errors
    /// Unknown systems and defects, and combinations that make no sense.
    fn options(&self, name: &str, select: &SelectArgs, output: &Output) -> Result<RunOptions, Failure> {
        let system = self.system(name)?;
        let (access, hidden) = self.access.read(&system, output)?;
        system.check().map_err(Failure::usage)?;
        let over = match self.over {
            Transport::Memory => Over::Memory,
            Transport::Tcp => Over::Tcp,
        };
        let secrets = select.secrets.iter().map(|(_, value)| value.clone()).chain(hidden).collect();
        let seed = self.seed.unwrap_or_else(|| {
            if matches!(system, SystemChoice::Url { .. }) { shakedown_engine::fresh_seed() } else { 1 }
        });
        let (jobs, shard, retries, max_fail) = (self.jobs, self.shard, self.retries, self.max_fail);
        let vars = own_vars(&system, select.vars.iter().cloned().collect())?;
        let require_containers = self.require.contains(&Requirement::Containers);
        if system.needs_containers() {
            podman::use_it_if_there_is_nothing_else();
        }
        let deviations = self.deviations.iter().map(|file| deviations(file)).collect::<Result<Vec<_>, _>>()?.concat();
        let spec = self.spec;
        let options = RunOptions {
            system,
            over,
            spec,
            access,
            require_containers,
            deviations,
            seed,
            jobs,
            shard,
            retries,
            max_fail,
            vars,
            given: select.given(),
            secrets,
            ..RunOptions::default()
        };
        options.log_in().map_err(Failure::usage)
    }

    /// True if arguments name defects.
    pub fn seeds_defects(&self) -> bool {
        !self.defects.is_empty()
    }

    /// The system of that name, with what arguments seed into the reference registry.
    fn system(&self, name: &str) -> Result<SystemChoice, Failure> {
        let mut system = SystemChoice::named(name, self.s3_control.clone()).map_err(Failure::usage)?;
        match &mut system {
            SystemChoice::Reference { defects, allowed } => {
                defects.extend(self.defects.iter().cloned());
                allowed.extend(self.allowed.iter().cloned());
            }
            SystemChoice::Process(_) if !(self.defects.is_empty() && self.allowed.is_empty()) => {
                return Err(Failure::usage("--defect and --allow go with the reference registry only"));
            }
            SystemChoice::Process(_) | SystemChoice::Url { .. } => {}
        }
        Ok(system)
    }
}

impl SelectArgs {
    /// What was given from outside for the scenarios, and may be shown.
    fn given(&self) -> Vec<(String, String)> {
        library::given(&Selection { paths: &[], vars: &self.vars, secrets: &self.secrets })
    }
}

/// The variables of system files; the reference registry is this very program unless another is named.
pub(super) fn own_vars(
    system: &SystemChoice,
    mut vars: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Failure> {
    if let SystemChoice::Process(file) = system
        && file.name.starts_with("reference-")
        && !vars.contains_key("binary")
    {
        vars.insert("binary".to_owned(), bench::own_program()?);
    }
    Ok(vars)
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

/// The entries of a list of known deviations.
fn deviations(file: &Path) -> Result<Vec<Deviation>, Failure> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
    Deviation::parse_list(&name, &text).map_err(|error| Failure::usage(error.to_string()))
}

pub(super) fn shard(text: &str) -> Result<Shard, String> {
    shard_of(text, std::env::var("JOB_COMPLETION_INDEX").ok().as_deref())
}

/// `I/N`; or `index/N`, where an Indexed Job says which of its pods this is, from 0.
fn shard_of(text: &str, of_job: Option<&str>) -> Result<Shard, String> {
    let wrong = || "write I/N with 1 <= I <= N, e.g. 1/4; or index/N in a Kubernetes Indexed Job".to_owned();
    let (index, count) = text.split_once('/').ok_or_else(wrong)?;
    let count: usize = count.parse().map_err(|_| wrong())?;
    if index != "index" {
        let index = index.parse().ok().filter(|index| (1..=count).contains(index)).ok_or_else(wrong)?;
        return Ok(Shard { index, count });
    }
    let of_job =
        of_job.ok_or("`index/N` takes its index from JOB_COMPLETION_INDEX, which is not set: is the Job Indexed?")?;
    match of_job.parse::<usize>() {
        Ok(from_0) if from_0 < count => Ok(Shard { index: from_0 + 1, count }),
        _ => Err(format!(
            "JOB_COMPLETION_INDEX is {of_job}, but there are {count} parts: make them as many as the Job has completions"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_knows_its_part_by_its_index() {
        let part = |text: &str, of_job| shard_of(text, of_job).map(|Shard { index, count }| (index, count));
        assert_eq!(part("2/4", None), Ok((2, 4)));
        assert_eq!(part("2/4", Some("0")), Ok((2, 4)), "what is said counts");
        assert_eq!([part("index/4", Some("0")), part("index/4", Some("3"))], [Ok((1, 4)), Ok((4, 4))]);
        for (text, of_job, word) in [
            ("0/4", None, "I/N"),
            ("5/4", None, "I/N"),
            ("4", None, "I/N"),
            ("index/x", Some("1"), "I/N"),
            ("index/4", None, "not set"),
            ("index/4", Some("4"), "there are 4 parts"),
            ("index/4", Some("x"), "there are 4 parts"),
        ] {
            let told = part(text, of_job).unwrap_err();
            assert!(told.contains(word), "{text}: {told}");
        }
    }
}
