//! Where scenario files come from: paths of the user, or the shipped set, which is built in. Not here: what stands in them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use shakedown_scenario::{FILE_BYTES, Loader, Plan, Problem, Source, SourceError};

/// The shipped files: path relative to the repository, and text.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));

/// Folders below a scenario folder that hold what scenarios include.
const INCLUDED: &str = "worlds";

/// Files beside scenarios that are something else: each kind has a folder of its own name, and elsewhere tells by what stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A registry to drive.
    System,
    /// A load scenario, for `bench`.
    Load,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::System, Self::Load];

    fn folder(self) -> &'static str {
        match self {
            Self::System => "systems",
            Self::Load => "load",
        }
    }

    /// A system says when it is ready, a load what it is made of.
    fn is_told_by(self, text: &str) -> bool {
        let own = match self {
            Self::System => "ready:",
            Self::Load => "operations:",
        };
        has_key(text, own) && !tells_of_a_scenario(text)
    }

    /// True for a file that tells that it is one, and for any in a folder of such files that does not tell of a scenario.
    pub fn is(self, path: &str) -> bool {
        self.is_at(path, path)
    }

    /// Of the path only `place` says in which folders the file is.
    fn is_at(self, path: &str, place: &str) -> bool {
        let text = Files.read(path).unwrap_or_default();
        let in_folder = place.split('/').any(|part| part == self.folder());
        self.is_told_by(&text) || in_folder && !tells_of_a_scenario(&text)
    }

    /// What such a file is and what to do with it, where scenarios are wanted.
    fn advice(self, name: &str) -> String {
        match self {
            Self::System => format!("{name} is a system file and no scenario: give it as `--system {name}`"),
            Self::Load => format!("{name} is a load and no scenario: `shakedown bench {name}` makes it"),
        }
    }

    /// The files of this kind: those given, and those below the folders given; of [`Selection::paths`]' default if there are none.
    ///
    /// # Errors
    /// A folder that cannot be read. What is not there is said by [`load`].
    pub fn files(self, paths: &[PathBuf]) -> Result<Vec<String>, String> {
        let here = [PathBuf::from("scenarios")];
        let paths = match paths {
            [] if here[0].is_dir() => &here[..],
            [] => return Ok(self.built_in_below("scenarios/")),
            given => given,
        };
        let mut files = Vec::new();
        for path in paths {
            let name = path.to_string_lossy().replace('\\', "/");
            if path.is_dir() {
                let mut found = Vec::new();
                walk(path, &mut found, &|_| true).map_err(|error| format!("cannot read {name}: {error}"))?;
                // What the folders above the given one are called says nothing.
                let above = name.trim_end_matches('/').rfind('/').map_or(0, |at| at + 1);
                files.extend(found.into_iter().filter(|file| self.is_at(file, &file[above..])));
            } else if path.exists() || built_in(&name).is_some() {
                files.extend(self.is(&name).then_some(name));
            } else {
                files.extend(self.built_in_below(&format!("{}/", name.trim_end_matches('/'))));
            }
        }
        files.sort();
        files.dedup();
        Ok(files)
    }

    fn built_in_below(self, prefix: &str) -> Vec<String> {
        let names = BUILT_IN.iter().map(|(name, _)| *name);
        names.filter(|name| name.starts_with(prefix) && self.is(name)).map(str::to_owned).collect()
    }
}

fn has_key(text: &str, key: &str) -> bool {
    text.lines().any(|line| line.starts_with(key))
}

/// A scenario has steps.
fn tells_of_a_scenario(text: &str) -> bool {
    has_key(text, "steps:")
}

/// True for the name of a folder that may hold scenarios.
fn may_hold_scenarios(folder: &str) -> bool {
    folder != INCLUDED && Kind::ALL.iter().all(|kind| folder != kind.folder())
}

/// Reads scenario files from disk, and the shipped ones where the disk has none of that name.
#[derive(Debug, Clone, Copy, Default)]
pub struct Files;

impl Source for Files {
    fn read(&self, path: &str) -> Result<String, SourceError> {
        let unreadable = |error: std::io::Error| SourceError::Other(error.to_string());
        let file = match fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return built_in(path).map(str::to_owned).ok_or(SourceError::NotFound);
            }
            Err(error) => return Err(unreadable(error)),
        };
        let bytes = file.metadata().map_err(unreadable)?.len();
        if bytes > FILE_BYTES as u64 {
            return Err(SourceError::TooLarge { bytes });
        }
        // One byte more than allowed: a pipe or a growing file is cut there and refused, whatever its announced size.
        let mut bytes = Vec::new();
        file.take(FILE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        SourceError::text(bytes)
    }
}

/// What to load.
#[derive(Debug, Clone, Default)]
pub struct Selection<'a> {
    /// Files and folders; empty: `scenarios` here, else the built-in set.
    pub paths: &'a [PathBuf],
    /// `--var`.
    pub vars: &'a [(String, String)],
    /// `--secret`.
    pub secrets: &'a [(String, String)],
}

/// What was found in the selected files.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The plans of the files without mistakes, in the order of their ids.
    pub plans: Vec<Plan>,
    /// All mistakes of all files.
    pub problems: Vec<Problem>,
    /// How many files were read.
    pub files: usize,
}

/// The variables that come from outside and may be shown: those of the environment (`SHAKEDOWN_VAR_NAME`), then those that were given, which
/// win. One that is also given as a secret is left out.
pub fn given(selection: &Selection<'_>) -> Vec<(String, String)> {
    let named = |list: &[(String, String)], name: &str| list.iter().any(|(known, _)| known == name);
    let from_environment = Loader::of_environment(environment());
    let unnamed = from_environment.filter(|(name, _)| !named(selection.vars, name) && !named(selection.secrets, name));
    unnamed.chain(selection.vars.iter().cloned()).collect()
}

/// Not `vars()`: it panics on a variable that is not Unicode, whoever set it. In the order of their names.
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Finds and checks scenario files.
///
/// # Errors
/// A path that is not there, in one line.
pub fn load(selection: &Selection<'_>) -> Result<Loaded, String> {
    let files = find(selection.paths)?;
    let loader = Loader::new(&Files)
        .environment(environment())
        .vars(selection.vars.iter().cloned())
        .secrets(selection.secrets.iter().cloned());
    let mut loaded = Loaded { files: files.len(), ..Loaded::default() };
    for file in &files {
        match loader.check(file) {
            Ok(plans) => loaded.plans.extend(plans),
            Err(problems) => loaded.problems.extend(problems),
        }
    }
    loaded.plans.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(loaded)
}

/// The text of a shipped file, e.g. `scenarios/systems/distribution-2.8.yaml`.
pub fn built_in(path: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(name, _)| *name == path).map(|(_, text)| *text)
}

/// The ids of the shipped load scenarios, with their texts.
pub fn built_in_loads() -> impl Iterator<Item = (&'static str, &'static str)> {
    BUILT_IN
        .iter()
        .filter_map(|(name, text)| Some((name.strip_prefix("scenarios/load/")?.strip_suffix(".yaml")?, *text)))
}

/// What the file tells to be, if it is no scenario.
fn told(file: &str) -> Option<Kind> {
    let text = Files.read(file).ok()?;
    Kind::ALL.into_iter().find(|kind| kind.is_told_by(&text))
}

fn find(paths: &[PathBuf]) -> Result<Vec<String>, String> {
    let here = [PathBuf::from("scenarios")];
    let paths = match paths {
        [] if here[0].is_dir() => &here[..],
        [] => return Ok(built_in_below("scenarios/")),
        given => given,
    };
    let mut files = Vec::new();
    for path in paths {
        let name = path.to_string_lossy().replace('\\', "/");
        if path.is_dir() {
            let mut found = Vec::new();
            walk(path, &mut found, &may_hold_scenarios).map_err(|error| format!("cannot read {name}: {error}"))?;
            // A folder of other files that was given itself may hold a scenario, which says so.
            let of_others = path.file_name().is_some_and(|name| !may_hold_scenarios(&name.to_string_lossy()));
            let tells = |file: &String| Files.read(file).is_ok_and(|text| tells_of_a_scenario(&text));
            found.retain(|file| if of_others { tells(file) } else { told(file).is_none() });
            files.extend(found);
        } else if path.exists() || built_in(&name).is_some() {
            if let Some(kind) = told(&name) {
                return Err(kind.advice(&name));
            }
            files.push(name);
        } else {
            let below = built_in_below(&format!("{}/", name.trim_end_matches('/')));
            if below.is_empty() {
                return Err(format!("{name}: no such file or folder; `shakedown list` shows what there is"));
            }
            files.extend(below);
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

fn built_in_below(prefix: &str) -> Vec<String> {
    let is_scenario = |name: &str| name.split('/').all(may_hold_scenarios);
    let names = BUILT_IN.iter().map(|(name, _)| *name);
    names.filter(|name| name.starts_with(prefix) && is_scenario(name)).map(str::to_owned).collect()
}

/// The files below a folder, but for those in folders that are not `wanted`.
fn walk(folder: &Path, files: &mut Vec<String>, wanted: &dyn Fn(&str) -> bool) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if wanted(&name) && !name.starts_with('.') {
                walk(&path, files, wanted)?;
            }
        } else if name.ends_with(".yaml") || name.ends_with(".yml") {
            files.push(path.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(())
}
