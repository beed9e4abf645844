//! Steps that use a party beside the registry: it must stand there, and what they name must exist.

use super::Report;
use super::steps::below;
use super::world::blob;
use crate::read::tree::Seg::{self, Item, Key};
use crate::steps::{SwiftStep, WebhookStep};

pub(super) fn swift(report: &mut Report<'_>, step: &SwiftStep, way: &[Seg<'_>]) {
    let is_there = report.subject.scenario.given.swift.is_some();
    report.must(is_there, way, "there is no Swift", "let one stand: `given: { swift: {} }`");
    match step {
        SwiftStep::Put(put) => {
            let way = below(way, &[Key("put")]);
            blob(report, &put.blob, &below(&way, &[Key("blob")]));
            report.must(
                put.segment.is_none_or(|size| size.0 > 0),
                &below(&way, &[Key("segment")]),
                "segments of 0 bytes never hold it",
                "give a size of at least 1B",
            );
        }
        SwiftStep::Get(get) => blob(report, &get.same_as, &below(way, &[Key("get"), Key("same-as")])),
        SwiftStep::RevokeTokens => {}
    }
}

/// What a registry tells of.
const ACTIONS: [&str; 4] = ["push", "pull", "mount", "delete"];

pub(super) fn webhook(report: &mut Report<'_>, step: &WebhookStep, way: &[Seg<'_>]) {
    let is_there = report.subject.scenario.given.webhook.is_some();
    report.must(is_there, way, "there is no webhook sink", "let one stand: `given: { webhook: {} }`");
    let WebhookStep::Received(events) = step else { return };
    let way = below(way, &[Key("received")]);
    report.must(!events.is_empty() || report.subject.broken, &way, "there are no events", "name at least one");
    for (index, event) in events.iter().enumerate() {
        let way = below(&way, &[Item(index), Key("action")]);
        report.one_of("action", &event.action, ACTIONS, &way, "a registry tells of these");
    }
}
