//! Programs as clients, and expectations on what clients do.

use super::Report;
use super::expect;
use super::steps::{below, header, positive};
use crate::expect::ClientCalls;
use crate::read::tree::Seg::{self, Item, Key};
use crate::steps::{ClientCheckStep, Program};
use crate::{Need, OneOrMany};

pub(super) fn run(report: &mut Report<'_>, step: &Program, way: &[Seg<'_>]) {
    let broken = report.subject.broken;
    let is_named = step.command.first().is_some_and(|program| !program.trim().is_empty());
    report.must(broken || is_named, way, "there is no program", "e.g. `run: [skopeo, --version]`");
    let needs_tcp = report.subject.scenario.needs.contains(&Need::Tcp);
    report.must(broken || needs_tcp, way, "a program needs real sockets", "write `needs: [tcp]` above the steps");
    positive(report, step.within, way, "within");
    for (key, texts) in [("says", &step.says), ("lacks", &step.lacks)] {
        let empty = texts.iter().any(String::is_empty);
        report.must(!empty, &below(way, &[Key(key)]), "every output contains an empty text", "name some words");
    }
}

pub(super) fn all(report: &mut Report<'_>, step: &ClientCheckStep, way: &[Seg<'_>]) {
    wanted(report, &step.expect, way);
}

/// The entries of `expect` at `way`.
pub(super) fn wanted(report: &mut Report<'_>, rules: &[ClientCalls], way: &[Seg<'_>]) {
    for (index, rule) in rules.iter().enumerate() {
        calls(report, rule, &below(way, &[Key("expect"), Item(index)]));
    }
}

/// One entry of `client-calls`.
fn calls(report: &mut Report<'_>, rule: &ClientCalls, way: &[Seg<'_>]) {
    let broken = report.subject.broken;
    methods(report, &rule.method, way);
    if let Some(path) = &rule.path {
        report.must(
            path.starts_with('/') || path.starts_with('*'),
            &below(way, &[Key("path")]),
            "no path is like this",
            "begin with `/`, e.g. `/v2/**/blobs/uploads/*`",
        );
    }
    for name in rule.headers.keys() {
        header(report, name, &below(way, &[Key("headers"), Key(name)]));
    }
    let range = rule.at_least.is_some() || rule.at_most.is_some();
    let counted = range || rule.exactly.is_some();
    let judged = counted || !rule.headers.is_empty() || rule.waits.is_some() || rule.resumes;
    report.must(
        broken || judged,
        way,
        "nothing must hold of these calls",
        "add a count (`exactly`, `at-least`, `at-most`), `headers`, `waits` or `resumes`",
    );
    report.must(
        rule.exactly.is_none() || !range,
        way,
        "`exactly` leaves no room for `at-least` and `at-most`",
        "keep one of them",
    );
    if let (Some(least), Some(most)) = (rule.at_least, rule.at_most) {
        report.must(least <= most, way, format!("at least {least} and at most {most} cannot both hold"), "swap them");
    }
    expect::not_zero(report, rule.at_least, way);
}

fn methods(report: &mut Report<'_>, methods: &OneOrMany<String>, way: &[Seg<'_>]) {
    for (index, method) in methods.iter().enumerate() {
        let way = below(way, &[Key("method"), Item(index)]);
        let known = shakedown_faults::METHODS.iter().copied();
        report.one_of("method", method, known, &way, "methods are written in capitals");
    }
}
