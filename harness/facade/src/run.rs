//! A run: on which system, how, and which scenarios. Not here: how scenarios are played (`shakedown-engine`).

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use shakedown_engine::{Access, Credentials, Over, RunOptions, RunResult, Secret, SystemChoice, fresh_seed};
use shakedown_library::Selection;
use shakedown_scenario::{Loader, MapSource, Plan, Problem};

use crate::{Error, Report, S3, Scenario};

/// How scenarios are run; by default on the reference registry, in memory, in virtual time, with the seed 1.
#[derive(Clone)]
pub struct Shakedown {
    system: String,
    s3_control: Option<String>,
    over_tcp: bool,
    seed: Option<u64>,
    jobs: usize,
    tags: Vec<String>,
    vars: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
    login: Option<(String, String)>,
    require_containers: bool,
}

/// Which scenarios: a file or a folder of yours, of those that are built in, or one that is built in code.
#[derive(Debug, Clone)]
pub struct Scenarios(Which);

#[derive(Debug, Clone)]
enum Which {
    At(PathBuf),
    Built(Box<Scenario>),
}

impl From<&str> for Scenarios {
    fn from(path: &str) -> Self {
        Self(Which::At(path.into()))
    }
}

impl From<&Path> for Scenarios {
    fn from(path: &Path) -> Self {
        Self(Which::At(path.to_owned()))
    }
}

impl From<PathBuf> for Scenarios {
    fn from(path: PathBuf) -> Self {
        Self(Which::At(path))
    }
}

impl From<Scenario> for Scenarios {
    fn from(scenario: Scenario) -> Self {
        Self(Which::Built(Box::new(scenario)))
    }
}

/// Without what must not be written anywhere.
impl fmt::Debug for Shakedown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (system, seed, tags) = (&self.system, self.seed, &self.tags);
        let shown = &mut f.debug_struct("Shakedown");
        shown.field("system", system).field("seed", &seed).field("tags", tags).finish_non_exhaustive()
    }
}

impl Default for Shakedown {
    fn default() -> Self {
        Self::new()
    }
}

impl Shakedown {
    /// On the reference registry, in memory.
    pub fn new() -> Self {
        Self {
            system: "reference".to_owned(),
            s3_control: None,
            over_tcp: false,
            seed: None,
            jobs: 0,
            tags: Vec::new(),
            vars: BTreeMap::new(),
            secrets: BTreeMap::new(),
            login: None,
            require_containers: false,
        }
    }

    /// On this system, as of `--system`: `reference`, `reference+DEFECT`, one that is built in, a system file (`*.yaml`), or a URL.
    #[must_use]
    pub fn system(mut self, name: impl Into<String>) -> Self {
        self.system = name.into();
        self
    }

    /// The registry at the URL stands on this S3: faults of scenarios strike there, and its calls are seen.
    #[must_use]
    pub fn s3(mut self, s3: &S3) -> Self {
        self.s3_control = Some(s3.control().to_owned());
        self
    }

    /// The reference registry over loopback sockets, in real time.
    #[must_use]
    pub fn over_tcp(mut self) -> Self {
        self.over_tcp = true;
        self
    }

    /// Another seed: other content, other ids, other random faults. A registry given as URL has a fresh one unless it is told.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// So many scenarios at the same time.
    #[must_use]
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.jobs = jobs;
        self
    }

    /// Only scenarios with this tag; called more than once: with any of them.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Sets a variable of scenarios and of the system file.
    #[must_use]
    pub fn var(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.vars.insert(name.into(), value.into());
        self
    }

    /// Sets a variable whose value never appears in a report.
    #[must_use]
    pub fn secret(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.secrets.insert(name.into(), value.into());
        self
    }

    /// As whom a registry given as URL is asked. The password never appears in a report.
    #[must_use]
    pub fn login(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.login = Some((user.into(), password.into()));
        self
    }

    /// Without a container engine, or without an image, the run does not pass; else what needs them is skipped.
    #[must_use]
    pub fn require_containers(mut self) -> Self {
        self.require_containers = true;
        self
    }

    /// Runs them on threads of their own, from any runtime.
    ///
    /// # Errors
    /// Something is wrong with what was asked for: nothing ran.
    pub async fn run(&self, scenarios: impl Into<Scenarios>) -> Result<Report, Error> {
        let work = self.prepare(scenarios.into())?;
        let (done, result) = tokio::sync::oneshot::channel();
        let started = std::thread::Builder::new().name("shakedown".to_owned()).spawn(move || {
            // Nobody waits any more if the future was dropped.
            let _ = done.send(work.run());
        });
        started.map_err(|error| Error::Environment(format!("no thread could be started: {error}")))?;
        result.await.map_err(|_| Error::Environment("the thread of the run panicked".to_owned()))
    }

    /// The same for tests without a runtime. A registry that runs in the caller's runtime could not answer meanwhile.
    ///
    /// # Errors
    /// As for [`Shakedown::run`].
    pub fn run_blocking(&self, scenarios: impl Into<Scenarios>) -> Result<Report, Error> {
        Ok(self.prepare(scenarios.into())?.run())
    }

    fn prepare(&self, Scenarios(which): Scenarios) -> Result<Prepared, Error> {
        let options = self.options()?;
        let (plans, built) = match which {
            Which::At(path) => (self.load(&path)?, None),
            Which::Built(scenario) => (self.check(&scenario)?, Some(scenario)),
        };
        let tagged = |plan: &Plan| self.tags.is_empty() || self.tags.iter().any(|tag| plan.scenario.tags.contains(tag));
        let plans = plans.into_iter().filter(tagged).collect();
        Ok(Prepared { plans, options, built })
    }

    fn options(&self) -> Result<RunOptions, Error> {
        let system = SystemChoice::named(&self.system, self.s3_control.clone()).map_err(Error::Mistake)?;
        system.check().map_err(Error::Mistake)?;
        let is_url = matches!(system, SystemChoice::Url { .. });
        if self.login.is_some() && !is_url {
            return Err(Error::Mistake("`login` goes with a registry given as URL".to_owned()));
        }
        let mut secrets: Vec<_> = self.secrets.values().filter(|secret| !secret.is_empty()).cloned().collect();
        let credentials = match &self.login {
            None => Credentials::Anonymous,
            Some((username, password)) => {
                let pair = base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"));
                secrets.extend([password.clone(), pair]);
                Credentials::Basic { username: username.clone(), password: Secret::new(password.clone()) }
            }
        };
        let options = RunOptions {
            system,
            over: if self.over_tcp { Over::Tcp } else { Over::Memory },
            seed: self.seed.unwrap_or_else(|| if is_url { fresh_seed() } else { 1 }),
            jobs: self.jobs,
            vars: self.vars.clone(),
            access: Access { credentials, ..Access::default() },
            require_containers: self.require_containers,
            secrets,
            ..RunOptions::default()
        };
        options.log_in().map_err(Error::Mistake)
    }

    /// The plans of files, here or built in.
    fn load(&self, path: &Path) -> Result<Vec<Plan>, Error> {
        let (vars, secrets) = (pairs(&self.vars), pairs(&self.secrets));
        let selection = Selection { paths: &[path.to_owned()], vars: &vars, secrets: &secrets };
        let loaded = shakedown_library::load(&selection).map_err(Error::Mistake)?;
        if loaded.problems.is_empty() { Ok(loaded.plans) } else { Err(mistakes(&loaded.problems)) }
    }

    /// The plans of a scenario that is built in code.
    fn check(&self, scenario: &Scenario) -> Result<Vec<Plan>, Error> {
        let place = scenario.place().to_string_lossy().into_owned();
        let source = MapSource::default().with(&place, scenario.text().map_err(Error::Mistake)?);
        let loader = Loader::new(&source).vars(pairs(&self.vars)).secrets(pairs(&self.secrets));
        loader.check(&place).map_err(|problems| mistakes(&problems))
    }
}

fn pairs(map: &BTreeMap<String, String>) -> Vec<(String, String)> {
    map.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn mistakes(problems: &[Problem]) -> Error {
    Error::Mistake(shakedown_scenario::render(problems, false))
}

/// All that a run needs.
struct Prepared {
    plans: Vec<Plan>,
    options: RunOptions,
    built: Option<Box<Scenario>>,
}

impl Prepared {
    fn run(self) -> Report {
        let RunResult { report, ending } = shakedown_engine::run(self.plans, self.options, |_| {});
        let report = Report::new(report, ending);
        if let Some(scenario) = self.built.filter(|_| !report.passed()) {
            keep(&scenario);
        }
        report
    }
}

/// Writes the file that the command to repeat a failure names. Without it that command finds nothing, and the test itself repeats it.
fn keep(scenario: &Scenario) {
    let place = scenario.place();
    if let (Some(folder), Ok(text)) = (place.parent(), scenario.text()) {
        let _ = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&place, text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_is_in_no_debug_output() {
        let secret = "s3cr3t-of-ann";
        let run = Shakedown::new().system("http://127.0.0.1:1").secret("key", secret).login("ann", secret);
        let shown = format!("{run:?}");
        assert!(shown.contains("127.0.0.1") && !shown.contains(secret), "{shown}");
    }
}
