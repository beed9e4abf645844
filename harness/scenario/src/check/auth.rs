//! `given.auth`, and the steps and faults that need it.

use shakedown_faults::{Fault, On};
use shakedown_oci::Scope;

use super::Report;
use crate::AuthSpec;
use crate::problem::shown;
use crate::read::tree::Seg::{self, Item, Key};
use crate::steps::AsStep;

/// Nobody in particular, as `as` steps name them.
pub(super) const NOBODY: &str = "nobody";

pub(super) fn check(report: &mut Report<'_>) {
    let auth = &report.subject.scenario.given.auth;
    let way = [Key("given"), Key("auth"), Key(auth.kind())];
    for user in auth.users() {
        let right = !user.is_empty() && user != NOBODY && user.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let place: Vec<_> = way.iter().copied().chain([Key("users"), Key(user)]).collect();
        let message = format!("`{}` cannot be a user", shown(user));
        report.must(right, &place, message, "letters, digits and `-`; `nobody` is who has not logged in");
    }
    let AuthSpec::Bearer(bearer) = auth else { return };
    for (name, user) in &bearer.users {
        let place: Vec<_> = way.iter().copied().chain([Key("users"), Key(name), Key("rights")]).collect();
        rights(report, &user.rights, &place);
    }
    rights(report, &bearer.anonymous, &[way[0], way[1], way[2], Key("anonymous")]);
    let both = !bearer.clock_ahead.0.is_zero() && !bearer.clock_behind.0.is_zero();
    report.must(!both, &way, "the clock is ahead and behind at the same time", "give one of the two");
}

fn rights(report: &mut Report<'_>, rights: &[String], way: &[Seg<'_>]) {
    for (index, text) in rights.iter().enumerate() {
        let right = text.parse::<Scope>().is_ok_and(|scope| !scope.actions.is_empty());
        let place: Vec<_> = way.iter().copied().chain([Item(index)]).collect();
        let message = format!("`{}` is not a right", shown(text));
        report.must(right, &place, message, "write TYPE:NAME:ACTIONS, e.g. `repository:lab/**:pull,push`");
    }
}

/// Faults of the token server need one.
pub(super) fn fault(report: &mut Report<'_>, fault: &Fault, way: &[Seg<'_>]) {
    let there = matches!(report.subject.scenario.given.auth, AuthSpec::Bearer(_)) || report.subject.broken;
    report.must(fault.on != On::Token || there, way, "there is no token server", "give `given.auth` as `bearer`");
}

/// Who acts must be there.
pub(super) fn acting(report: &mut Report<'_>, step: &AsStep, way: &[Seg<'_>]) {
    let mut known = report.subject.scenario.given.auth.users();
    known.push(NOBODY);
    if !report.subject.broken {
        report.one_of("user", &step.user, known, way, "name one of `given.auth`, or `nobody`");
    }
}
