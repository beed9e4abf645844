//! `shakedown doctor`: one screen on what is here, what is not, and the command that changes it. Not here: what is looked at, and what is
//! made of it (`shakedown_engine::doctor`).

use std::fmt::Write;

use serde::Serialize;
use shakedown_engine::doctor::{self, Facts, Finding, Standing, Wanted};

use crate::commands::run::podman;
use crate::exit::Exit;
use crate::library::{self, Selection};
use crate::output::{Failure, Output};

/// Look at this machine: what runs need, what is missing, and the command that fixes it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Nothing is changed or fetched, and no host, user or key is named. What is `optional` is said with what needs it; `missing` is what \
`shakedown run` cannot do without, and makes the exit code 3. -q shows only what is not there.")]
pub struct Args {
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// All that is to be said.
#[derive(Debug, Serialize)]
struct Diagnosis {
    version: &'static str,
    /// Nothing is missing that a run must have.
    ready: bool,
    findings: Vec<Finding>,
}

impl Diagnosis {
    fn new(findings: Vec<Finding>) -> Self {
        let ready = findings.iter().all(|finding| finding.standing != Standing::Missing);
        Self { version: env!("CARGO_PKG_VERSION"), ready, findings }
    }

    fn of(facts: &[Box<dyn Facts>]) -> Vec<Finding> {
        facts.iter().flat_map(|facts| facts.findings()).collect()
    }

    fn count(&self, standing: Standing) -> usize {
        self.findings.iter().filter(|finding| finding.standing == standing).count()
    }

    /// For people; only what is not there if `quiet`.
    fn text(&self, quiet: bool) -> String {
        let shown: Vec<_> = self.findings.iter().filter(|it| !quiet || it.standing != Standing::Ok).collect();
        let width = shown.iter().map(|finding| finding.what.chars().count()).max().unwrap_or(0);
        let mut lines = vec![format!("shakedown {}", self.version)];
        for Finding { what, standing, seen, needed_for, fix } in shown {
            let standing = match standing {
                Standing::Ok => "ok",
                Standing::Optional => "optional",
                Standing::Missing => "MISSING",
            };
            lines.push(format!("{standing:8}  {what:width$}  {seen}"));
            let mut more = String::new();
            if !needed_for.is_empty() {
                let _ = write!(more, "for {}", needed_for.join(", "));
            }
            if let Some(fix) = fix {
                let _ = write!(more, "{}{fix}", if more.is_empty() { "" } else { ": " });
            }
            if !more.is_empty() {
                lines.push(format!("{:10}{more}", ""));
            }
        }
        let absent = self.count(Standing::Optional);
        lines.push(match (self.count(Standing::Missing), absent) {
            (0, 0) => "ready: everything is here; next: shakedown run".to_owned(),
            (0, absent) => format!("ready: next: shakedown run; {absent} optional"),
            (missing, absent) => format!("not ready: {missing} missing, {absent} optional"),
        });
        lines.join("\n")
    }
}

/// Looks, and prints what was found.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    podman::use_it_if_there_is_nothing_else();
    let loaded = library::load(&Selection::default())?;
    let wanted = Wanted::of(&loaded.plans);
    let facts = super::one_thread()?.block_on(doctor::look(&wanted));
    let mut findings = Diagnosis::of(&facts);
    findings.push(scenarios(loaded.files, loaded.problems.len()));
    let diagnosis = Diagnosis::new(findings);
    if args.json {
        output.line(&serde_json::to_string_pretty(&diagnosis).expect("a diagnosis is plain data"));
    } else {
        output.line(&diagnosis.text(output.quiet));
    }
    Ok(if diagnosis.ready { Exit::Passed } else { Exit::Environment })
}

/// The scenarios that `shakedown run` would take.
fn scenarios(files: usize, mistakes: usize) -> Finding {
    let seen = format!("{files} files, {mistakes} mistakes");
    match (files, mistakes) {
        (0, _) => Finding::missing("scenarios", "the folder `scenarios` is here and has none").fix("shakedown init"),
        (_, 0) => Finding::ok("scenarios", seen),
        _ => Finding::missing("scenarios", seen).needed_for(["run"]).fix("shakedown check"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use shakedown_engine::doctor::{
        ClockFacts, ControlGroupFacts, DiskFacts, EngineFacts, EngineSeen, ImageFacts, ImageSeen, OpenFileFacts,
        PortFacts, ProgramFacts, ProgramSeen,
    };

    const MADE: SystemTime = SystemTime::UNIX_EPOCH;

    fn diagnosis(is_here: bool) -> Diagnosis {
        let now = if is_here { MADE + Duration::from_secs(86_400) } else { MADE - Duration::from_secs(9 * 86_400) };
        let names = |users: &[&str]| users.iter().map(|&user| user.to_owned()).collect();
        let program = |name: &str, users| ProgramSeen { name: name.to_owned(), is_here, users: names(users) };
        let image = |name: &str, systems| ImageSeen { name: name.to_owned(), is_here, systems: names(systems) };
        let engine = EngineSeen { name: "Podman".to_owned(), version: "4.3.1".to_owned() };
        let images = vec![image("registry:2", &["distribution-2.8-container", "distribution-2.8-behind-nginx"])];
        let refused = |reason: &str| (!is_here).then(|| reason.to_owned());
        let facts: [Box<dyn Facts>; 8] = [
            Box::new(ClockFacts { now, program: Some(MADE), apart: Duration::ZERO, engine: None }),
            Box::new(DiskFacts { free: Ok(if is_here { 20 << 30 } else { 3 << 20 }) }),
            Box::new(OpenFileFacts { limit: Some(if is_here { 65_536 } else { 64 }), most: None }),
            Box::new(PortFacts { given: if is_here { 16 } else { 0 }, refused: refused("address not available") }),
            Box::new(EngineFacts {
                engine: if is_here { Ok(engine) } else { Err("nothing answers".to_owned()) },
                named: false,
                docker_socket: false,
                podman_socket: is_here,
                podman_program: true,
            }),
            Box::new(ImageFacts { images, fetcher: "podman" }),
            Box::new(ProgramFacts(vec![
                program("docker-registry", &["--system distribution-2.8"]),
                program("skopeo", &["client-backs-off", "client-portal-200", "client-firewall-403", "client-x"]),
            ])),
            Box::new(ControlGroupFacts { refused: refused("there is no /sys/fs/cgroup/cpu") }),
        ];
        let mut findings = Diagnosis::of(&facts);
        findings.push(scenarios(300, usize::from(!is_here)));
        Diagnosis::new(findings)
    }

    #[test]
    fn a_machine_that_has_everything() {
        let diagnosis = diagnosis(true);
        assert!(diagnosis.ready);
        insta::assert_snapshot!(diagnosis.text(false));
        assert_eq!(diagnosis.text(true).lines().count(), 2, "quiet: version and outcome");
    }

    #[test]
    fn a_machine_that_has_nothing() {
        let diagnosis = diagnosis(false);
        assert!(!diagnosis.ready);
        insta::assert_snapshot!(diagnosis.text(false));
    }
}
