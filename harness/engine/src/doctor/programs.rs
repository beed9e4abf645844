//! Which programs of systems and scenarios are installed. The lists are theirs: the `command` of system files, the `run` steps of scenarios,
//! and the Redis of shared caches.

use super::{Facts, Finding, Wanted, users_of};
use crate::systems::{REDIS_PROGRAMS, find_program};

/// Users of a program that are named; there may be dozens.
const NAMED: usize = 3;

/// What was seen of the programs.
#[derive(Debug, Clone)]
pub struct ProgramFacts(pub Vec<ProgramSeen>);

/// One program.
#[derive(Debug, Clone)]
pub struct ProgramSeen {
    /// As it is called.
    pub name: String,
    /// It is installed.
    pub is_here: bool,
    /// Who needs it.
    pub users: Vec<String>,
}

pub(super) async fn look(wanted: &Wanted) -> ProgramFacts {
    let mut programs: Vec<(String, Vec<String>)> = Vec::new();
    // `reference-*` are this program, which is here.
    for system in wanted.systems.iter().filter(|system| !system.name.starts_with("reference-")) {
        if let Some(program) = system.program() {
            users_of(&mut programs, &program).push(format!("--system {}", system.name));
        }
    }
    for (program, users) in &wanted.programs {
        users_of(&mut programs, program).extend(users.iter().cloned());
    }
    for (program, _) in REDIS_PROGRAMS {
        users_of(&mut programs, program)
            .push("scenarios with `cache: shared` on a system that is a process".to_owned());
    }
    let seen = |(name, users): (String, _)| ProgramSeen { is_here: find_program(&name).is_some(), name, users };
    ProgramFacts(programs.into_iter().map(seen).collect())
}

/// The package of Debian that has it: most are named like their program.
fn package(program: &str) -> &str {
    REDIS_PROGRAMS.iter().find(|(known, _)| *known == program).map_or(program, |(_, package)| package)
}

impl Facts for ProgramFacts {
    fn findings(&self) -> Vec<Finding> {
        let finding = |program: &ProgramSeen| {
            let what = format!("program {}", program.name);
            if program.is_here {
                return Finding::ok(what, "is installed");
            }
            let mut users: Vec<_> = program.users.iter().take(NAMED).cloned().collect();
            let more = program.users.len() - users.len();
            users.extend((more > 0).then(|| format!("{more} more")));
            let fix = format!("apt-get install {}", package(&program.name));
            Finding::optional(what, "is not installed").needed_for(users).fix(fix)
        };
        self.0.iter().map(finding).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_lists_are_those_of_systems_scenarios_and_caches() {
        let programs = vec![("skopeo-that-nobody-has".to_owned(), (1..=9).map(|n| format!("client-{n}")).collect())];
        let wanted = Wanted { programs, ..Wanted::of(&[]) };
        let seen = look(&wanted).await;
        let names: Vec<_> = seen.0.iter().map(|program| program.name.as_str()).collect();
        assert_eq!(names, ["docker-registry", "skopeo-that-nobody-has", "redis-server", "redis-cli"]);
        let missing = &seen.findings()[1];
        assert_eq!(missing.needed_for, ["client-1", "client-2", "client-3", "6 more"]);
        assert_eq!(package("redis-cli"), "redis-tools");
    }
}
