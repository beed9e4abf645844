//! `given.upstream`, and the steps and faults that need it.

use shakedown_faults::{Fault, On};

use super::{Report, client, world};
use crate::read::tree::Seg::{self, Item, Key};
use crate::steps::{ExpireStep, Step, UpstreamCheckStep};

/// What is there, and where.
pub(super) fn given(report: &mut Report<'_>) {
    let given = &report.subject.scenario.given;
    let Some(upstream) = &given.upstream else { return };
    let way = |section, index| [Key("given"), Key("upstream"), Key(section), Item(index)];
    for (index, name) in upstream.pushed.iter().enumerate() {
        world::image(report, name, &way("pushed", index));
    }
    for (index, name) in upstream.repositories.iter().enumerate() {
        world::repository(report, name, &way("repositories", index));
    }
    report.must(
        given.pushed.is_empty(),
        &[Key("given"), Key("pushed")],
        "a pull-through cache takes no pushes",
        "push it to its upstream: `given: { upstream: { pushed: [...] } }`",
    );
}

pub(super) fn fault(report: &mut Report<'_>, fault: &Fault, way: &[Seg<'_>]) {
    if fault.on == On::Upstream {
        is_there(report, way);
    }
}

/// The steps that need it.
pub(super) fn step(report: &mut Report<'_>, step: &Step, way: &[Seg<'_>]) {
    let below = |key| way.iter().copied().chain([Key(key)]).collect::<Vec<_>>();
    match step {
        Step::Expire(step) => expire(report, step, &below("expire")),
        Step::UpstreamCalls(step) => calls(report, step, &below("upstream-calls")),
        _ => {}
    }
}

fn expire(report: &mut Report<'_>, step: &ExpireStep, way: &[Seg<'_>]) {
    is_there(report, way);
    super::steps::positive(report, Some(step.older_than), way, "older-than");
}

fn calls(report: &mut Report<'_>, step: &UpstreamCheckStep, way: &[Seg<'_>]) {
    is_there(report, way);
    client::wanted(report, &step.expect, way);
    for (index, wanted) in step.expect.iter().enumerate() {
        let of_clients = !wanted.to.is_empty() || wanted.waits.is_some() || wanted.resumes;
        let place: Vec<Seg<'_>> = way.iter().copied().chain([Key("expect"), Item(index)]).collect();
        report.must(
            !of_clients,
            &place,
            "`to`, `waits` and `resumes` are about calls of clients",
            "ask for `method`, `path`, `answered`, counts and `headers`",
        );
    }
}

fn is_there(report: &mut Report<'_>, way: &[Seg<'_>]) {
    let there = report.subject.scenario.given.upstream.is_some() || report.subject.broken;
    report.must(there, way, "there is no upstream", "let there be one: `given: { upstream: { pushed: [app] } }`");
}
