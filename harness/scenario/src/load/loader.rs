//! The checker's front door.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::cases::{self, Case};
use super::includes::{self, Files, Loaded};
use super::lines;
use super::source::Source;
use super::vars::{self, Outside};
use crate::check;
use crate::problem::{Mistake, Problem};
use crate::read::tree::{Node, Value};
use crate::read::{limits, shape};
use crate::{Plan, Scenario};

/// Prefix of environment variables that set variables: `SHAKEDOWN_VAR_layers=3` sets `${layers}`.
const ENVIRONMENT_PREFIX: &str = "SHAKEDOWN_VAR_";

/// Checks scenario files and makes plans of them.
///
/// ```
/// use shakedown_scenario::{Loader, MapSource};
///
/// let files = MapSource::default().with("hello.yaml", "title: The registry answers\nsteps:\n- http: { method: GET, path: /v2/ }\n");
/// let plans = Loader::new(&files).check("hello.yaml").unwrap();
/// assert_eq!(plans[0].id, "hello");
/// ```
pub struct Loader<'s> {
    source: &'s dyn Source,
    outside: Outside,
}

impl<'s> Loader<'s> {
    /// A loader without variables.
    pub fn new(source: &'s dyn Source) -> Self {
        Self { source, outside: Outside::default() }
    }

    /// Sets variables (`--var`). They win over files and environment.
    pub fn vars(mut self, vars: impl IntoIterator<Item = (String, String)>) -> Self {
        self.outside.given.extend(vars);
        self
    }

    /// Sets variables whose values must not appear in any output (`--secret`); plans list them.
    pub fn secrets(mut self, secrets: impl IntoIterator<Item = (String, String)>) -> Self {
        self.outside.secrets.extend(secrets);
        self
    }

    /// Takes those of these environment variables that begin with `SHAKEDOWN_VAR_`. They win over files.
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.outside.environment.extend(Self::of_environment(variables));
        self
    }

    /// The variables of scenarios among these of the environment, with the names that scenarios know them by.
    pub fn of_environment(
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> impl Iterator<Item = (String, String)> {
        let ours = |(name, value): (String, String)| Some((name.strip_prefix(ENVIRONMENT_PREFIX)?.to_owned(), value));
        variables.into_iter().filter_map(ours)
    }

    /// Reads one scenario with all it includes: a plan for each case of its matrix, or everything that is wrong with it.
    pub fn check(&self, path: &str) -> Result<Vec<Plan>, Vec<Problem>> {
        let Loaded { files, root, mistakes } = includes::load(self.source, path).map_err(|problem| vec![problem])?;
        let mut found = Found::new(mistakes);
        let plans = match &root {
            Some(root) => self.plans(path, root, &files, &mut found),
            None => Vec::new(),
        };
        let problems: Vec<Problem> =
            found.sorted().into_iter().map(|mistake| self.redact(files.problem(mistake))).collect();
        if problems.is_empty() { Ok(plans) } else { Err(problems) }
    }

    fn plans(&self, path: &str, root: &Rc<Node>, files: &Files, found: &mut Found) -> Vec<Plan> {
        if !matches!(root.value, Value::Map(_)) {
            found.add(None, Mistake::new(root.at, "a scenario is a mapping").help("begin with `title: ...`"));
            return Vec::new();
        }
        check::file_name(path, root.at).into_iter().for_each(|mistake| found.add(None, mistake));
        vars::mistakes(root).into_iter().for_each(|mistake| found.add(None, mistake));
        let base = self.outside.over(root);
        let mut outside = self.outside.environment.clone();
        outside.extend(self.outside.given.clone());
        let (cases, mistakes) = cases::unfold(root, &base, &outside);
        mistakes.into_iter().for_each(|mistake| found.add(None, mistake));
        found.cases = cases.len();
        cases.into_iter().filter_map(|case| self.plan(path, root, files, case, found)).collect()
    }

    fn plan(&self, path: &str, root: &Rc<Node>, files: &Files, case: Case, found: &mut Found) -> Option<Plan> {
        let stand_ins = [
            ("title", Value::Scalar { text: "untitled".to_owned(), plain: false }),
            ("steps", Value::List(Vec::new())),
        ];
        let shape = shape::read::<Scenario>(root, &case.vars, &stand_ins);
        let name = case.name.as_deref();
        let broken = !shape.mistakes.is_empty();
        let Some(scenario) = shape.value else {
            shape.mistakes.into_iter().for_each(|mistake| found.add(name, mistake));
            return None;
        };
        let subject = check::Subject { root, taken: &shape.taken, scenario: &scenario, vars: &case.vars, broken };
        let between = check::all(&subject);
        // `${lenght}` is no size, but what is wrong with it is its name.
        let misnamed = |mistake: &Mistake| between.iter().any(|other| other.at == mistake.at);
        shape.mistakes.into_iter().filter(|mistake| !misnamed(mistake)).for_each(|mistake| found.add(name, mistake));
        between.into_iter().for_each(|mistake| found.add(name, mistake));
        let stem = check::stem(path);
        Some(Plan {
            id: name.map_or_else(|| stem.to_owned(), |name| format!("{stem}[{name}]")),
            file: path.to_owned(),
            line: case.at.line,
            case: case.name.clone(),
            scenario,
            secrets: self.outside.secrets.values().filter(|secret| !secret.is_empty()).cloned().collect(),
            lines: lines::of(root, files),
        })
    }

    /// Secrets may have come into a message with the value that is wrong.
    fn redact(&self, mut problem: Problem) -> Problem {
        for secret in self.outside.secrets.values().filter(|secret| !secret.is_empty()) {
            problem.message = problem.message.replace(secret.as_str(), "<secret>");
            problem.help = problem.help.replace(secret.as_str(), "<secret>");
        }
        problem
    }
}

/// Mistakes of all cases. One that all cases have is told once; one that some have names the first of them.
struct Found {
    mistakes: Vec<Mistake>,
    by_case: BTreeMap<(u16, usize, String), (Mistake, Vec<String>)>,
    cases: usize,
    known: BTreeSet<(u16, usize, String)>,
}

impl Found {
    fn new(mistakes: Vec<Mistake>) -> Self {
        Self { mistakes, by_case: BTreeMap::new(), cases: 1, known: BTreeSet::new() }
    }

    fn add(&mut self, case: Option<&str>, mistake: Mistake) {
        let key = (mistake.at.file, mistake.at.start, mistake.message.clone());
        match case {
            Some(case) => self.by_case.entry(key).or_insert_with(|| (mistake, Vec::new())).1.push(case.to_owned()),
            None if self.known.insert(key) => self.mistakes.push(mistake),
            None => {}
        }
    }

    fn sorted(mut self) -> Vec<Mistake> {
        for (mut mistake, cases) in self.by_case.into_values() {
            if cases.len() < self.cases {
                mistake.message = format!("{} (in the case `{}`)", mistake.message, cases[0]);
            }
            self.mistakes.push(mistake);
        }
        self.mistakes.sort_by_key(|mistake| (mistake.at.file, mistake.at.start));
        self.mistakes.truncate(limits::PROBLEMS);
        self.mistakes
    }
}
