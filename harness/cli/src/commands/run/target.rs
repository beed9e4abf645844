//! On what scenarios run, and how: arguments that several commands share, and the engine's options that follow from them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use shakedown_engine::{Deviation, Over, RunOptions, Shard, SystemChoice};
use shakedown_oci::Version;

use super::{SelectArgs, podman};
use crate::commands::bench;
use crate::credentials::AccessArgs;
use crate::output::{Failure, Output};

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

impl TargetArgs {
    /// The systems as they were asked for.
    pub(super) fn names(&self) -> &[String] {
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
    pub(super) fn options(&self, name: &str, select: &SelectArgs, output: &Output) -> Result<RunOptions, Failure> {
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

/// The variables of system files; the reference registry is this very program unless another is named.
pub(in crate::commands) fn own_vars(
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

/// The entries of a list of known deviations.
fn deviations(file: &Path) -> Result<Vec<Deviation>, Failure> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
    Deviation::parse_list(&name, &text).map_err(|error| Failure::usage(error.to_string()))
}

pub(in crate::commands) fn shard(text: &str) -> Result<Shard, String> {
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
