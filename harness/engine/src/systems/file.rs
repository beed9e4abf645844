//! System files: how a foreign registry is started on our storage. The shape, its reading with exact error positions, and the
//! filling of its templates. Not here: the child process (`process`).

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_scenario::{Need, Scalar, Size, Span};

/// The largest system file that is read.
const FILE_LIMIT: usize = 1 << 20;

/// The names the engine fills in; `vars` of the file come on top.
const NAMES: &[&str] = &[
    "endpoint",
    "endpoint-authority",
    "bucket",
    "access-key",
    "secret-key",
    "region",
    "port",
    "dir",
    "config",
    "redirect",
    "redirect-disable",
    "part-size",
    "delete",
    "storage-health",
];

/// How a registry is started as a child process on the S3 mock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SystemFile {
    /// The file's stem.
    #[serde(skip)]
    pub name: String,
    /// What it is, for people.
    pub title: String,
    /// Values used as `${name}`; `--var name=value` overrides them.
    #[serde(default)]
    pub vars: IndexMap<String, Scalar>,
    /// The program: a path, or a name to be found in `PATH`.
    pub command: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// How the program tells its version.
    #[serde(default)]
    pub version: Option<VersionCommand>,
    /// Its environment; nothing else is there but `PATH` and `HOME`.
    #[serde(default)]
    pub env: IndexMap<String, String>,
    /// Files written into the process's own directory before it starts: name -> content.
    #[serde(default)]
    pub files: IndexMap<String, String>,
    /// The file that `${config}` stands for.
    #[serde(default)]
    pub config: Option<String>,
    /// Which of `given.registry` can be applied, and what holds without.
    #[serde(default)]
    pub settings: Settings,
    /// When it is ready.
    pub ready: Ready,
    /// What it can do.
    #[serde(default)]
    pub abilities: Vec<Need>,
}

/// How the program tells its version: the first line it prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VersionCommand {
    /// Arguments.
    pub args: Vec<String>,
}

/// Settings the system can be given; a setting that is absent cannot be chosen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Settings {
    /// Redirects of blob reads.
    pub redirect: Option<Switch>,
    /// Size of parts.
    pub part_size: Option<PartSize>,
    /// Deletes.
    pub delete: Option<Switch>,
    /// Health check of the storage.
    pub storage_health: Option<Switch>,
}

/// A setting that is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Switch {
    /// If the scenario does not say.
    pub default: bool,
}

/// The size of parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PartSize {
    /// If the scenario does not say.
    pub default: Size,
    /// The smallest it takes.
    #[serde(default)]
    pub at_least: Option<Size>,
}

/// When the process is ready.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ready {
    /// Path that is asked.
    pub path: String,
    /// Status it must answer with.
    pub status: u16,
    /// Deadline.
    pub within: Span,
}

/// A system file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}:{line}:{column}: {message}")]
pub struct SystemFileError {
    /// The file's name.
    pub name: String,
    /// What is wrong.
    pub message: String,
    /// Line, from 1 (0: the whole file).
    pub line: u64,
    /// Column, from 1 (0: the whole file).
    pub column: u64,
}

/// The system files that are built in.
const SHIPPED: &[(&str, &str)] =
    &[("distribution-2.8", include_str!("../../../../scenarios/systems/distribution-2.8.yaml"))];

impl SystemFile {
    /// Reads a system file; `name` is its stem.
    ///
    /// # Errors
    /// The first thing that is wrong with it, with its place.
    pub fn parse(name: &str, text: &str) -> Result<Self, SystemFileError> {
        let whole = |message: String| SystemFileError { name: name.to_owned(), message, line: 0, column: 0 };
        if text.len() > FILE_LIMIT {
            return Err(whole(format!("a system file has at most {FILE_LIMIT} bytes, this one has {}", text.len())));
        }
        let mut file: Self = serde_saphyr::from_str(text).map_err(|error| {
            let (line, column) = error.location().map_or((0, 0), |place| (place.line(), place.column()));
            SystemFileError { name: name.to_owned(), message: plain(&error), line, column }
        })?;
        file.name = name.to_owned();
        file.check().map_err(whole)?;
        Ok(file)
    }

    /// The text of a system file that is built in.
    pub fn shipped(name: &str) -> Option<&'static str> {
        SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    }

    /// The names of the built-in system files.
    pub fn shipped_names() -> Vec<&'static str> {
        SHIPPED.iter().map(|(name, _)| *name).collect()
    }

    /// The JSON schema of system files.
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(Self)
    }

    /// Every `${...}` in it must be a name that is filled in, and every file name must stay in its directory.
    fn check(&self) -> Result<(), String> {
        let texts = [&self.command].into_iter().chain(&self.args).chain(self.env.values()).chain(self.files.values());
        let known = |name: &str| NAMES.contains(&name) || self.vars.contains_key(name);
        for text in texts {
            if let Some(name) = names_in(text).into_iter().find(|name| !known(name)) {
                let names = NAMES.join(", ");
                return Err(format!("`${{{name}}}` is not known: it must stand in `vars` or be one of {names}"));
            }
        }
        let outside = |name: &&String| name.is_empty() || name.contains(['/', '\\']) || name.starts_with('.');
        if let Some(name) = self.files.keys().find(outside) {
            return Err(format!("`files`: `{name}` is not a plain file name"));
        }
        match &self.config {
            Some(config) if !self.files.contains_key(config) => Err(format!("`config: {config}` is none of `files`")),
            _ => Ok(()),
        }
    }
}

/// The message without the snippet and without the place, which are given separately.
fn plain(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let first = text.lines().next().unwrap_or_default();
    first.split(" at line ").next().unwrap_or(first).trim_start_matches("error: ").to_owned()
}

/// Fills `${name}` from `values`; the check has refused names that are not there.
pub(crate) fn fill(text: &str, values: &BTreeMap<String, String>) -> String {
    shakedown_scenario::fill(text, &|name| values.get(name).cloned()).unwrap_or_else(|_| text.to_owned())
}

fn names_in(text: &str) -> Vec<&str> {
    text.split("${").skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shipped_can_be_read() {
        for name in SystemFile::shipped_names() {
            let file = SystemFile::parse(name, SystemFile::shipped(name).unwrap()).unwrap();
            assert_eq!(file.name, name);
        }
    }

    #[test]
    fn mistakes_have_their_place() {
        let good = SystemFile::shipped("distribution-2.8").unwrap();
        let misspelt = good.replace("abilities:", "abilites:");
        let error = SystemFile::parse("x", &misspelt).unwrap_err();
        assert!(error.message.contains("abilites"), "{error}");
        assert_eq!((error.line, error.column), (misspelt.lines().count() as u64, 1), "{error}");
        let error = SystemFile::parse("x", &good.replace("${port}", "${prot}")).unwrap_err();
        assert!(error.message.contains("`${prot}` is not known"), "{error}");
        let error = SystemFile::parse("x", &good.replace("config: config.yml", "config: other.yml")).unwrap_err();
        assert!(error.message.contains("none of `files`"), "{error}");
        let error = SystemFile::parse("x", &good.replace("within: 20s", "within: soon")).unwrap_err();
        assert!(error.message.contains("not a duration"), "{error}");
    }

    #[test]
    fn templates_are_filled_once() {
        let values = BTreeMap::from([("a".to_owned(), "${b}".to_owned()), ("b".to_owned(), "x".to_owned())]);
        assert_eq!(fill("${a}-${b}-$", &values), "${b}-x-$");
    }
}
