//! Which systems a load is made on, and how they are started.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::time::SystemTime;

use shakedown_engine::{SystemChoice, SystemFile};
use shakedown_load::{LIMIT, LoadFile};

use crate::commands::run;
use crate::output::Failure;

/// What a second system of one name is called besides.
const OTHER: &str = " (the other)";

/// Which systems.
#[derive(Debug, clap::Args)]
pub(super) struct Targets {
    /// The registry: `reference` (`reference+ID` with a defect or an allowed behaviour, `reference@PROGRAM` of another build), a system
    /// name, a system file (*.yaml), or a URL. `limit` is no registry but what one more hop and the hashing allow on this machine: a proxy
    /// that hashes what is pushed twice, before something that answers from memory
    #[arg(long, value_name = "NAME|FILE|URL", default_value = "reference", env = "SHAKEDOWN_SYSTEM")]
    system: String,
    /// Another one to take turns with: is the first slower? May be given more than once, for goals that name other systems; the first is
    /// compared with
    #[arg(long, value_name = "NAME|FILE|URL", env = "SHAKEDOWN_AGAINST", value_delimiter = ',')]
    against: Vec<String>,
    /// The reference registry in this process instead of one of its own: for profilers
    #[arg(long, env = "SHAKEDOWN_IN_PROCESS")]
    in_process: bool,
    /// Allows load on a registry that is not on this machine: ask its owner first
    #[arg(long, env = "SHAKEDOWN_REMOTE")]
    remote: bool,
}

/// A system, ready to be started.
pub(super) struct Target {
    pub(super) name: String,
    pub(super) choice: SystemChoice,
    pub(super) vars: BTreeMap<String, String>,
    /// Repositories begin with this.
    pub(super) namespace: String,
}

impl Target {
    /// True if it is no registry but the limit.
    pub(super) fn is_limit(&self) -> bool {
        self.name.trim_end_matches(OTHER) == LIMIT
    }
}

impl Targets {
    pub(super) fn read(&self, seed: u64) -> Result<Vec<Target>, Failure> {
        let mut targets = Vec::new();
        for name in std::iter::once(&self.system).chain(&self.against) {
            let mut target = self.target(name, seed)?;
            while targets.iter().any(|other: &Target| other.name == target.name) {
                target.name.push_str(OTHER);
            }
            targets.push(target);
        }
        Ok(targets)
    }

    /// The arguments again.
    pub(super) fn words(&self) -> String {
        let mut words = format!("--system {}", crate::certification::word(&self.system));
        for against in &self.against {
            words.push_str(&format!(" --against {}", crate::certification::word(against)));
        }
        for (flag, given) in [(" --in-process", self.in_process), (" --remote", self.remote)] {
            words.push_str(if given { flag } else { "" });
        }
        words
    }

    fn target(&self, name: &str, seed: u64) -> Result<Target, Failure> {
        let (namespace, vars) = ("load".to_owned(), BTreeMap::new());
        if name.starts_with("http://") || name.starts_with("https://") {
            return self.url(name, seed);
        }
        if name == LIMIT {
            return limit();
        }
        let head = name.split(['+', '@']).next().unwrap_or(name);
        if head != "reference" {
            let choice = SystemChoice::Process(Box::new(run::system_file(name)?));
            return Ok(Target { name: name.to_owned(), choice, vars, namespace });
        }
        let (rest, program) = match name.split_once('@') {
            Some((rest, program)) => (rest, Some(program)),
            None => (name, None),
        };
        let (allowed, defects): (Vec<&str>, Vec<&str>) =
            rest.split('+').skip(1).partition(|id| shakedown_registry::allowed::find(id).is_some());
        let owned = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
        let here = SystemChoice::Reference { defects: owned(&defects), allowed: owned(&allowed) };
        here.check().map_err(Failure::usage)?;
        if self.in_process {
            if program.is_some() {
                return Err(Failure::usage(
                    "another build cannot run in this process: leave --in-process or @PROGRAM away",
                ));
            }
            return Ok(Target { name: name.to_owned(), choice: here, vars, namespace });
        }
        let program = program.map_or_else(own_program, |program| Ok(program.to_owned()))?;
        let mut file = run::system_file("reference-process")?;
        file.title = "reference registry".to_owned();
        // As an operator sets it who wants speed: over loopback nothing is gained by signing parts.
        file.env.insert("SHAKEDOWN_UNSIGNED_PARTS".to_owned(), "true".to_owned());
        file.args.extend(defects.iter().map(|id| format!("--defect={id}")));
        file.args.extend(allowed.iter().map(|id| format!("--allow={id}")));
        let vars = BTreeMap::from([("binary".to_owned(), absolute(&program)?)]);
        Ok(Target { name: name.to_owned(), choice: SystemChoice::Process(Box::new(file)), vars, namespace })
    }

    fn url(&self, name: &str, seed: u64) -> Result<Target, Failure> {
        let registry = name.trim_end_matches('/').to_owned();
        let choice = SystemChoice::Url { registry: registry.clone(), s3_control: None };
        choice.check().map_err(Failure::usage)?;
        let uri: http::Uri = registry.parse().map_err(|error| Failure::usage(format!("{name}: {error}")))?;
        if !self.remote && !is_loopback(uri.host().unwrap_or_default()) {
            return Err(Failure::usage(format!(
                "{name} is not on this machine: load on somebody else's registry needs --remote, and its owner's consent"
            )));
        }
        // What is pushed stays there; its name says where it came from.
        let namespace = format!("sd-load-{seed}");
        Ok(Target { name: registry, choice, vars: BTreeMap::new(), namespace })
    }
}

/// The hop; what stands behind it is started with each load.
fn limit() -> Result<Target, Failure> {
    let text = format!(
        "{{ title: {LIMIT}, vars: {{ binary: shakedown }}, command: \"${{binary}}\", ready: {{ path: /v2/, status: 200, within: 20s }},
           args: [--quiet, serve, hop, --listen, \"${{listen}}:${{port}}\", --upstream, \"${{endpoint}}\"] }}"
    );
    let file = SystemFile::parse(LIMIT, &text).expect("this file is right");
    let choice = SystemChoice::Process(Box::new(file));
    let vars = BTreeMap::from([("binary".to_owned(), absolute(&own_program()?)?)]);
    Ok(Target { name: LIMIT.to_owned(), choice, vars, namespace: "load".to_owned() })
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

pub(in crate::commands) fn own_program() -> Result<String, Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::environment(format!("cannot find this program to start it again: {error}")))?;
    Ok(program.display().to_string())
}

/// A registry that runs already has a storage of its own, which is not ours to fill.
pub(super) fn can_be_filled(targets: &[Target], loads: &[(String, LoadFile)]) -> Result<(), Failure> {
    let url = targets.iter().find(|target| matches!(target.choice, SystemChoice::Url { .. }));
    let (Some(url), Some((id, _))) = (url, loads.iter().find(|(_, file)| file.storage.grown.is_some())) else {
        return Ok(());
    };
    let name = &url.name;
    Err(Failure::usage(format!(
        "{id} fills the storage before it begins, and that of {name} is not ours: choose another load"
    )))
}

/// The child has a working directory of its own.
fn absolute(program: &str) -> Result<String, Failure> {
    if !program.contains('/') {
        return Ok(program.to_owned());
    }
    let path = Path::new(program)
        .canonicalize()
        .map_err(|error| Failure::environment(format!("cannot start {program}: {error}")))?;
    Ok(path.display().to_string())
}

/// A date for people and programs.
pub(super) fn rfc3339(time: SystemTime) -> String {
    let format = &time::format_description::well_known::Rfc3339;
    time::OffsetDateTime::from(time).format(format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(system: &str, against: Option<&str>) -> Result<Vec<Target>, Failure> {
        let against = against.into_iter().map(str::to_owned).collect();
        Targets { system: system.to_owned(), against, in_process: false, remote: false }.read(1)
    }

    #[test]
    fn load_goes_to_loopback_only_unless_allowed() {
        for near in ["http://127.0.0.1:5000", "http://[::1]:5000", "http://localhost:5000/"] {
            assert_eq!(targets(near, None).unwrap()[0].namespace, "sd-load-1");
        }
        let failure = targets("https://registry.test", None).err().unwrap();
        assert!(failure.message.contains("--remote"), "{}", failure.message);
    }

    #[test]
    fn two_of_one_name_are_told_apart_and_bad_names_refused() {
        let two = targets("reference", Some("reference")).unwrap();
        assert_eq!([&*two[0].name, &*two[1].name], ["reference", "reference (the other)"]);
        for bad in ["reference+no-such-defect", "no-such-system", "reference@/no/such/program"] {
            assert!(targets(bad, None).is_err(), "{bad}");
        }
    }
}
