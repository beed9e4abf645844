//! What a run finds on this machine, looked at before one is begun: one file per thing, each with what is seen (its facts), how it is
//! looked at and what is made of it. Facts are plain data, so that a machine that lacks something can be made up.
//!
//! Not here: what is printed. Nothing here tells a host's name, a user's or a key.

mod clock;
mod control_groups;
mod disk;
mod engine;
mod images;
mod open_files;
mod ports;
mod programs;

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Serialize;
use shakedown_scenario::Plan;

pub use clock::ClockFacts;
pub use control_groups::ControlGroupFacts;
pub use disk::DiskFacts;
pub use engine::{EngineFacts, EngineSeen};
pub use images::{ImageFacts, ImageSeen};
pub use open_files::OpenFileFacts;
pub use ports::PortFacts;
pub use programs::{ProgramFacts, ProgramSeen};

use crate::systems::SystemFile;

/// How long one question to the container engine may take: one that hangs is one that is not there.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// How it stands with one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It is there.
    Ok,
    /// It is not there, or less than some uses need; `shakedown run` does without.
    Optional,
    /// It is not there, and nothing that is worth much runs without.
    Missing,
}

/// What was made of the facts about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// The thing, e.g. `open files`.
    pub what: String,
    /// How it stands with it.
    pub standing: Standing,
    /// What was seen, in one line.
    pub seen: String,
    /// What cannot be done without; empty if it is there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needed_for: Vec<String>,
    /// A command that mends it, or what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

impl Finding {
    /// It is there.
    pub fn ok(what: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { what: what.into(), standing: Standing::Ok, seen: seen.into(), needed_for: Vec::new(), fix: None }
    }

    /// It is not there, and need not be.
    pub fn optional(what: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { standing: Standing::Optional, ..Self::ok(what, seen) }
    }

    /// It is not there, and must be.
    pub fn missing(what: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { standing: Standing::Missing, ..Self::ok(what, seen) }
    }

    /// What cannot be done without.
    pub fn needed_for<T: Into<String>>(self, needs: impl IntoIterator<Item = T>) -> Self {
        Self { needed_for: needs.into_iter().map(Into::into).collect(), ..self }
    }

    /// A command that mends it, or what to do.
    pub fn fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }
}

/// What was seen of one thing.
pub trait Facts: Send {
    /// What is to be said of it.
    fn findings(&self) -> Vec<Finding>;
}

/// What a run may need, as the scenarios and the systems that are built in say it.
#[derive(Debug, Clone)]
pub struct Wanted {
    systems: Vec<SystemFile>,
    /// Programs of steps, each with the scenarios (files) that run it.
    programs: Vec<(String, Vec<String>)>,
}

impl Wanted {
    /// Collects it.
    pub fn of(plans: &[Plan]) -> Self {
        let mut programs: Vec<(String, Vec<String>)> = Vec::new();
        for plan in plans {
            let stem = plan.id.split('[').next().unwrap_or_default();
            for program in crate::setup::programs(plan) {
                users_of(&mut programs, program).push(stem.to_owned());
            }
        }
        programs.iter_mut().for_each(|(_, users)| users.dedup());
        // What is built in can be read: a test holds it to that.
        let read = |name| SystemFile::parse(name, SystemFile::shipped(name)?).ok();
        Self { systems: SystemFile::shipped_names().into_iter().filter_map(read).collect(), programs }
    }
}

/// The users of `name` in a list that keeps its order; none yet if it is new.
fn users_of<'a>(list: &'a mut Vec<(String, Vec<String>)>, name: &str) -> &'a mut Vec<String> {
    let at = list.iter().position(|(known, _)| known == name).unwrap_or(list.len());
    if at == list.len() {
        list.push((name.to_owned(), Vec::new()));
    }
    &mut list[at].1
}

/// A boxed look, as the list has them.
type Looking<'a> = BoxFuture<'a, Box<dyn Facts>>;

fn boxed<'a, F: Facts + 'static>(look: impl Future<Output = F> + Send + 'a) -> Looking<'a> {
    look.map(|facts| Box::new(facts) as Box<dyn Facts>).boxed()
}

/// Looks at everything, in the order in which it is shown: one line each.
pub async fn look(wanted: &Wanted) -> Vec<Box<dyn Facts>> {
    let looks: [Looking<'_>; 8] = [
        boxed(clock::look()),
        boxed(disk::look()),
        boxed(open_files::look()),
        boxed(ports::look()),
        boxed(engine::look()),
        boxed(images::look(wanted)),
        boxed(programs::look(wanted)),
        boxed(control_groups::look()),
    ];
    futures_util::future::join_all(looks).await
}

/// A number of bytes, for people.
fn bytes(count: u64) -> String {
    const MIB: u64 = 1 << 20;
    match count {
        count if count >= 1 << 30 => format!("{:.1} GiB", count as f64 / (1_u64 << 30) as f64),
        count if count >= MIB => format!("{} MiB", count / MIB),
        count => format!("{count} bytes"),
    }
}
