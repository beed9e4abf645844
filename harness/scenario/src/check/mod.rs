//! What must hold between the parts of a scenario: names that exist, numbers that fit, faults that can strike. Works on a scenario
//! from which broken values may have been taken out, so that all mistakes are told at once; what follows only from a broken value
//! is not told. Not here: types and keys (see `read`).

mod auth;
mod client;
mod expect;
mod names;
mod peers;
mod prose;
mod steps;
mod upstream;
mod world;

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::Scenario;
use crate::problem::{Mistake, shown};
use crate::read::tree::{At, Node, Seg, Taken, find};

/// One case of a scenario, with the tree it was read from.
pub(crate) struct Subject<'s> {
    pub root: &'s Rc<Node>,
    pub taken: &'s Taken,
    pub scenario: &'s Scenario,
    pub vars: &'s BTreeMap<String, String>,
    /// Values were taken out: what is empty now may not have been.
    pub broken: bool,
}

/// Everything that is wrong between the parts.
pub(crate) fn all(subject: &Subject<'_>) -> Vec<Mistake> {
    let mut report = Report { subject, found: Vec::new() };
    prose::check(&mut report);
    world::check(&mut report);
    auth::check(&mut report);
    steps::check(&mut report);
    expect::after(&mut report);
    names::check(&mut report);
    report.found
}

/// Collects mistakes by their way from the root.
pub(crate) struct Report<'s> {
    pub subject: &'s Subject<'s>,
    pub found: Vec<Mistake>,
}

impl<'s> Report<'s> {
    /// Where the value at the end of the way stands.
    pub(crate) fn at(&self, way: &[Seg<'_>]) -> At {
        find(self.subject.root, self.subject.taken, way).at
    }

    pub(crate) fn add(&mut self, way: &[Seg<'_>], message: impl Into<String>, help: impl Into<String>) {
        let at = self.at(way);
        self.found.push(Mistake::new(at, message).help(help));
    }

    /// Notes it unless `holds`.
    pub(crate) fn must(&mut self, holds: bool, way: &[Seg<'_>], message: impl Into<String>, help: impl Into<String>) {
        if !holds {
            self.add(way, message, help);
        }
    }

    /// Notes that `name` is none of `known`, with the nearest one.
    pub(crate) fn one_of<'k>(
        &mut self,
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'k str> + Clone,
        way: &[Seg<'_>],
        else_help: &str,
    ) {
        if known.clone().into_iter().any(|k| k == name) {
            return;
        }
        let help = match crate::read::nearest(name, known) {
            Some(near) => format!("did you mean `{near}`? {else_help}"),
            None => else_help.to_owned(),
        };
        self.add(way, format!("there is no {what} `{}`", shown(name)), help.trim_end().to_owned());
    }
}

/// The file's name without directories and ending.
pub(crate) fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")).unwrap_or(name)
}

/// The stem is the scenario's id and the test's name.
pub(crate) fn file_name(path: &str, root: At) -> Option<Mistake> {
    let stem = stem(path);
    let right = !stem.is_empty()
        && stem.len() <= 80
        && stem.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !stem.starts_with('-')
        && !stem.ends_with('-');
    let at = At { end: root.start, ..root };
    (!right).then(|| {
        Mistake::new(at, format!("the file's name `{}` cannot be the id of a scenario", shown(stem)))
            .label("the file's name is the scenario's id")
            .help("rename the file: lower-case letters, digits and `-`, e.g. `late-upload-listing.yaml`")
    })
}
