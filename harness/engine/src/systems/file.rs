//! System files: how a foreign registry is started on our storage. The shape, its reading with exact error positions, and the
//! filling of its templates. Not here: the child process (`process`).

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_containers::compose;
use shakedown_faults::GatewaySettings;
use shakedown_reports::LogFormat;
use shakedown_scenario::{Need, Scalar, Size, Span};

use super::deviation::{Deviation, check_all};
use super::place::{ComposePlace, ContainerPlace, FrontPlace, LimitsOf, StorageOf};
use crate::recorded::{self, Recorded};

/// The largest system file that is read.
const FILE_LIMIT: usize = 1 << 20;

/// The names the engine fills in; `vars` of the file come on top.
pub(crate) const NAMES: &[&str] = &[
    "endpoint",
    "endpoint-authority",
    "bucket",
    "root-directory",
    "access-key",
    "secret-key",
    "region",
    "listen",
    "port",
    "dir",
    "config",
    "redirect",
    "redirect-disable",
    "part-size",
    "delete",
    "storage-health",
    "upload-secret",
    "auth",
    "cache",
    "cache-server",
    "cache-address",
    "upstream",
    "upstream-address",
    "http-proxy",
    "htpasswd",
    "token-realm",
    "token-service",
    "token-issuer",
    "token-certificate",
    "login-user",
    "login-password",
];

/// How a registry is started on the S3 mock, as a child process or in a container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SystemFile {
    /// The file's stem.
    #[serde(skip)]
    pub name: String,
    /// What it is, for people.
    pub title: String,
    /// Why this project has never run it.
    #[serde(default)]
    pub untried: Option<String>,
    /// Another system that is built in: what is absent here is as it stands there (all but `title`, `command`, `version`, `container`,
    /// `compose` and `ready`; `vars` of both are there).
    #[serde(default)]
    pub like: Option<String>,
    /// Values used as `${name}`; `--var name=value` overrides them.
    #[serde(default)]
    pub vars: IndexMap<String, Scalar>,
    /// The program: a path, or a name to be found in `PATH`; in a container instead of the image's own.
    #[serde(default)]
    pub command: String,
    /// It runs in a container.
    #[serde(default)]
    pub container: Option<ContainerPlace>,
    /// It is a service of a compose file.
    #[serde(default)]
    pub compose: Option<ComposePlace>,
    /// A container that stands before it.
    #[serde(default)]
    pub front: Option<FrontPlace>,
    /// A gateway of ours before it, where the scenario has none of its own.
    #[serde(default)]
    pub gateway: Option<GatewaySettings>,
    /// Instances on one storage, requests handed out in turn; scenarios that need more have more.
    #[serde(default = "one")]
    pub replicas: u32,
    /// As whom it is asked if it knows its users by itself: `env:NAME`, a variable of the environment that holds `USER:PASSWORD`.
    #[serde(default)]
    pub login: Option<String>,
    /// What each instance may use.
    #[serde(default)]
    pub limits: LimitsOf,
    /// What it keeps its data in.
    #[serde(default)]
    pub storage: StorageOf,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// How it writes its log: lines that can be read stand in reports beside the storage call that they are due to.
    #[serde(default)]
    pub log: LogFormat,
    /// How the program tells its version.
    #[serde(default)]
    pub version: Option<VersionCommand>,
    /// Its environment; nothing else is there but `PATH` and `HOME`.
    #[serde(default)]
    pub env: IndexMap<String, String>,
    /// Files written into the system's own directory before it starts: name -> content.
    #[serde(default)]
    pub files: IndexMap<String, String>,
    /// The file that `${config}` stands for.
    #[serde(default)]
    pub config: Option<String>,
    /// Which of `given.registry` can be applied, and what holds without.
    #[serde(default)]
    pub settings: Settings,
    /// How it collects garbage; it is stopped meanwhile.
    #[serde(default)]
    pub gc: Option<GcCommand>,
    /// When it is ready.
    pub ready: Ready,
    /// What it can do.
    #[serde(default)]
    pub abilities: Vec<Need>,
    /// Where it is known to differ: such a failure is no news, and its absence is.
    #[serde(default)]
    pub deviations: Vec<Deviation>,
    /// What field reports recorded of it, by incident: a run in which that is not seen again fails.
    #[serde(default)]
    pub reproduces: Vec<Recorded>,
    /// Why it cannot show again what was recorded of an incident, by incident; one is here or among `reproduces`, not both.
    #[serde(default)]
    pub not_reproduced: IndexMap<String, String>,
}

fn one() -> u32 {
    1
}

/// How the program tells its version: the first word that looks like one in the first line it prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VersionCommand {
    /// Arguments.
    pub args: Vec<String>,
}

/// How the program collects garbage: it is stopped, run once with these arguments, and started again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GcCommand {
    /// Arguments.
    pub args: Vec<String>,
    /// Arguments where untagged manifests are to be removed.
    pub remove_untagged: Vec<String>,
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
    /// Whether replicas have one `${upload-secret}`.
    pub shared_secret: Option<Switch>,
    /// Health check of the storage.
    pub storage_health: Option<Switch>,
    /// Descriptor caches by kind of `given.cache`: `memory`, `shared`.
    pub cache: IndexMap<String, CacheTexts>,
    /// Text for `${upstream}` that makes it a pull-through cache of `${upstream-address}`; nothing if the scenario has no upstream.
    pub upstream: Option<String>,
    /// What `${auth}` stands for, by kind of `given.auth`: `basic`, `bearer`. It is empty where nobody is asked.
    pub auth: IndexMap<String, String>,
}

/// How the system is told of its cache. Both are empty where it has none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct CacheTexts {
    /// What `${cache}` stands for: that there is one.
    pub cache: String,
    /// What `${cache-server}` stands for: where it is, with `${cache-address}`.
    pub server: String,
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
const SHIPPED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/systems.rs"));

/// Replicas of one scenario are started one after the other; more tell nothing more.
const MOST_REPLICAS: u32 = 9;

impl SystemFile {
    /// Reads a system file; `name` is its stem.
    ///
    /// # Errors
    /// The first thing that is wrong with it, with its place.
    pub fn parse(name: &str, text: &str) -> Result<Self, SystemFileError> {
        let whole = |message: String| SystemFileError { name: name.to_owned(), message, line: 0, column: 0 };
        let mut file: Self = parse_yaml(name, text)?;
        file.name = name.to_owned();
        if let Some(like) = file.like.clone() {
            let known = || format!("`like`: there is no system `{like}`, only {}", Self::shipped_names().join(", "));
            let base = Self::shipped(&like).filter(|_| like != name).ok_or_else(|| whole(known()))?;
            file.complete(Self::parse(&like, base)?);
        }
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

    /// Takes from `base` what is absent here.
    fn complete(&mut self, base: Self) {
        fn or<T: Default + PartialEq>(own: &mut T, base: T) {
            if *own == T::default() {
                *own = base;
            }
        }
        for (name, value) in base.vars {
            self.vars.entry(name).or_insert(value);
        }
        or(&mut self.args, base.args);
        or(&mut self.log, base.log);
        or(&mut self.env, base.env);
        or(&mut self.files, base.files);
        or(&mut self.config, base.config);
        or(&mut self.settings, base.settings);
        or(&mut self.gc, base.gc);
        or(&mut self.abilities, base.abilities);
        or(&mut self.deviations, base.deviations);
        or(&mut self.reproduces, base.reproduces);
        or(&mut self.not_reproduced, base.not_reproduced);
        or(&mut self.front, base.front);
        or(&mut self.gateway, base.gateway);
        or(&mut self.limits, base.limits);
        or(&mut self.storage, base.storage);
        or(&mut self.login, base.login);
    }

    /// Its own variables, and those that override them.
    pub(crate) fn values(&self, vars: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let own = self.vars.iter().map(|(name, value)| (name.clone(), value.0.clone()));
        own.chain(vars.clone()).collect()
    }

    /// The images of its containers, those of the cache aside: not every scenario has one.
    pub(crate) fn images(&self, vars: &BTreeMap<String, String>) -> Vec<String> {
        let values = self.values(vars);
        let own = self.container.iter().map(|place| place.image.clone());
        // The check has read it.
        let services = self.composed().ok().flatten().iter().flat_map(compose::images).collect::<Vec<_>>();
        let front = self.front.iter().map(|front| front.image.clone());
        own.chain(services).chain(front).map(|image| fill(&image, &values)).collect()
    }

    /// The compose file as it stands in the file, with nothing filled in.
    fn composed(&self) -> Result<Option<serde_json::Value>, SystemFileError> {
        let text = self.compose.as_ref().and_then(|place| self.files.get(&place.file).map(|text| (&place.file, text)));
        text.map(|(name, text)| parse_yaml(name, text)).transpose()
    }

    /// Every image that one of its containers may need, each once.
    pub(crate) fn all_images(&self) -> Vec<String> {
        let cache = self.container.iter().filter_map(|place| place.cache_image.as_deref());
        let values = self.values(&BTreeMap::new());
        let mut images = self.images(&BTreeMap::new());
        images.extend(cache.map(|image| fill(image, &values)));
        images.sort();
        images.dedup();
        images
    }

    /// The program that is started on this machine; none if it runs in a container.
    pub(crate) fn program(&self) -> Option<String> {
        (!self.is_contained()).then(|| fill(&self.command, &self.values(&BTreeMap::new())))
    }

    /// True if it runs in a container, or in those of a compose file.
    pub fn is_contained(&self) -> bool {
        self.container.is_some() || self.compose.is_some()
    }

    /// True if there is nothing to do without a container engine.
    pub fn needs_containers(&self) -> bool {
        self.is_contained() || self.front.is_some()
    }

    /// What is wrong with its compose file.
    fn check_compose(&self) -> Result<(), String> {
        let Some(place) = &self.compose else { return Ok(()) };
        if self.container.is_some() || !self.command.is_empty() {
            return Err("`compose` says how it starts: leave `command` and `container` out".to_owned());
        }
        if self.limits != LimitsOf::default() {
            return Err("`limits` of what `compose` starts stand in the compose file itself".to_owned());
        }
        let none = || format!("`compose`: `{}` is none of `files`", place.file);
        let file = self.composed().map_err(|error| format!("`compose`: {error}"))?.ok_or_else(none)?;
        match file.get("services").and_then(|services| services.get(&place.service)) {
            Some(_) => Ok(()),
            None => Err(format!("`compose`: `{}` has no service `{}`", place.file, place.service)),
        }
    }

    /// Every `${...}` in it must be a name that is filled in, and every file name must stay in its directory.
    /// All texts that `${...}` may stand in.
    fn texts(&self) -> impl Iterator<Item = &String> {
        let gc = self.gc.iter().flat_map(|gc| gc.args.iter().chain(&gc.remove_untagged));
        [&self.command]
            .into_iter()
            .chain(&self.args)
            .chain(gc)
            .chain(self.env.values())
            .chain(self.files.values())
            .chain(self.settings.auth.values())
            .chain(self.settings.cache.values().flat_map(|texts| [&texts.cache, &texts.server]))
            .chain(self.container.iter().flat_map(|place| std::iter::once(&place.image).chain(&place.cache_image)))
            .chain(self.front.iter().flat_map(|front| {
                let words = std::iter::once(&front.image).chain(&front.command).chain(&front.args);
                words.chain(front.files.values())
            }))
    }

    /// True if the system is told to keep everything in a directory of the bucket.
    pub(crate) fn keeps_to_a_directory(&self) -> bool {
        self.texts().any(|text| names_in(text).contains(&"root-directory"))
    }

    fn check(&self) -> Result<(), String> {
        let known = |name: &str| {
            NAMES.contains(&name) || self.vars.contains_key(name) || (name == "upstream" && self.front.is_some())
        };
        for text in self.texts() {
            if let Some(name) = names_in(text).into_iter().find(|name| !known(name)) {
                let names = NAMES.join(", ");
                return Err(format!("`${{{name}}}` is not known: it must stand in `vars` or be one of {names}"));
            }
        }
        let outside = |name: &&String| name.is_empty() || name.contains(['/', '\\']) || name.starts_with('.');
        if let Some(name) = self.files.keys().find(outside) {
            return Err(format!("`files`: `{name}` is not a plain file name"));
        }
        if self.command.is_empty() && !self.is_contained() {
            return Err("it needs a `command`, a `container`, or a `compose` file".to_owned());
        }
        self.check_compose()?;
        if !(1..=MOST_REPLICAS).contains(&self.replicas) {
            return Err(format!("`replicas: {}` is not between 1 and {MOST_REPLICAS}", self.replicas));
        }
        let places =
            self.container.iter().map(|place| &place.dir).chain(self.front.iter().flat_map(|front| front.files.keys()));
        if let Some(path) = places.into_iter().find(|path| !path.starts_with('/')) {
            return Err(format!("`{path}` is not an absolute path in a container"));
        }
        self.limits.check()?;
        self.check_login()?;
        check_all(&self.deviations)?;
        recorded::check(&self.reproduces, &self.not_reproduced)?;
        match &self.config {
            Some(config) if !self.files.contains_key(config) => Err(format!("`config: {config}` is none of `files`")),
            _ => Ok(()),
        }
    }
}

/// Reads a small YAML file.
///
/// # Errors
/// The first thing that is wrong with it, with its place.
pub fn parse_yaml<T: serde::de::DeserializeOwned>(name: &str, text: &str) -> Result<T, SystemFileError> {
    let error = |message, line, column| SystemFileError { name: name.to_owned(), message, line, column };
    if text.len() > FILE_LIMIT {
        return Err(error(format!("such a file has at most {FILE_LIMIT} bytes, this one has {}", text.len()), 0, 0));
    }
    serde_saphyr::from_str(text).map_err(|mistake| {
        let (line, column) = mistake.location().map_or((0, 0), |place| (place.line(), place.column()));
        error(plain(&mistake), line, column)
    })
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
        let misspelt = good.replace("\nabilities:", "\nabilites:");
        let error = SystemFile::parse("x", &misspelt).unwrap_err();
        assert!(error.message.contains("abilites"), "{error}");
        let line = misspelt.lines().position(|line| line.starts_with("abilites")).unwrap() as u64 + 1;
        assert_eq!((error.line, error.column), (line, 1), "{error}");
        let error = SystemFile::parse("x", &good.replace("${port}", "${prot}")).unwrap_err();
        assert!(error.message.contains("`${prot}` is not known"), "{error}");
        let error = SystemFile::parse("x", &good.replace("config: config.yml", "config: other.yml")).unwrap_err();
        assert!(error.message.contains("none of `files`"), "{error}");
        for (with, message) in [
            ("replicas: 0", "`replicas: 0` is not between 1 and 9"),
            ("limits: { cpus: 0 }", "`cpus: 0` is no number of cores"),
            ("limits: { memory: 1MiB }", "less than an engine takes"),
            ("login: 'ann:hunter2'", "`login`: write env:NAME"),
            ("like: nothing", "there is no system `nothing`"),
            ("container: { image: '${imgae}', port: 5000 }", "`${imgae}` is not known"),
            ("container: { image: zot, port: 5000, dir: here }", "`here` is not an absolute path"),
            ("compose: { file: config.yml, service: registry, port: 5000 }", "leave `command` and `container` out"),
        ] {
            let error = SystemFile::parse("x", &format!("{with}\n{good}")).unwrap_err();
            assert!(error.message.contains(message), "{error}");
        }
        let composed = |service: &str, text: &str| {
            let text = format!(
                "title: x\ncompose: {{ file: c.yml, service: {service}, port: 1 }}\nfiles: {{ c.yml: '{text}' }}\n\
                 ready: {{ path: /, status: 200, within: 1s }}\n"
            );
            SystemFile::parse("x", &text).map(|file| file.images(&BTreeMap::new())).map_err(|error| error.message)
        };
        assert_eq!(composed("a", "services: { a: { image: b } }"), Ok(vec!["b".to_owned()]));
        assert_eq!(
            composed("b", "services: { a: { image: b } }").unwrap_err(),
            "`compose`: `c.yml` has no service `b`"
        );
        assert!(composed("a", "services: [").unwrap_err().starts_with("`compose`: c.yml:1:"));
        let error = SystemFile::parse("x", &good.replace("command: \"${binary}\"", "")).unwrap_err();
        assert!(error.message.contains("needs a `command`"), "{error}");
        let error = SystemFile::parse("x", &good.replace("log: logfmt", "log: xml")).unwrap_err();
        assert!(error.message.contains("xml") && error.message.contains("logfmt") && error.line > 1, "{error}");
        let error = SystemFile::parse("x", &good.replace("within: 20s", "within: soon")).unwrap_err();
        assert!(error.message.contains("not a duration"), "{error}");
    }

    #[test]
    fn a_system_like_another_takes_what_it_does_not_say() {
        let text = "title: T\nlike: distribution-2.8\ncontainer: { image: '${image}', port: 5000 }\nvars: { image: x }\n\
                    gc: { args: [a], remove-untagged: [b] }\nready: { path: /, status: 200, within: 1s }\n";
        let base = SystemFile::parse("distribution-2.8", SystemFile::shipped("distribution-2.8").unwrap()).unwrap();
        let file = SystemFile::parse("mine", text).unwrap();
        assert_eq!((&file.deviations, &file.settings), (&base.deviations, &base.settings));
        assert_eq!((file.gc.unwrap().args, &*file.command), (vec!["a".to_owned()], ""));
        assert!(file.vars.contains_key("binary") && file.vars.contains_key("image"));
    }

    #[test]
    fn templates_are_filled_once() {
        let values = BTreeMap::from([("a".to_owned(), "${b}".to_owned()), ("b".to_owned(), "x".to_owned())]);
        assert_eq!(fill("${a}-${b}-$", &values), "${b}-x-$");
    }
}
