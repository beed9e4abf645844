//! `given` and `faults`.

use std::collections::BTreeSet;

use shakedown_faults::forward::ProxyUser;
use shakedown_faults::gateway::Before;
use shakedown_faults::{Fault, On};
use shakedown_oci::{RepositoryName, Tag};

use super::Report;
use crate::load::is_name;
use crate::problem::shown;
use crate::read::tree::Seg::{self, Item, Key};
use crate::steps::Step;

/// Most instances of the registry.
const REPLICAS: u32 = 16;
/// Largest sum of the sizes that one scenario may have made up: its content is hashed on each use.
const CONTENT: u64 = 64 << 30;

pub(super) fn check(report: &mut Report<'_>) {
    let scenario = report.subject.scenario;
    let given = &scenario.given;
    repository(report, &given.repository, &[Key("given"), Key("repository")]);
    for (section, names) in
        [("images", given.images.keys().collect::<Vec<_>>()), ("blobs", given.blobs.keys().collect())]
    {
        for name in names {
            let message = format!("`{}` cannot be a name", shown(name));
            report.must(
                is_name(name),
                &[Key("given"), Key(section), Key(name)],
                message,
                "use lower-case letters, digits and `-`, a letter first",
            );
        }
    }
    for (index, name) in given.pushed.iter().enumerate() {
        let way = [Key("given"), Key("pushed"), Item(index)];
        image(report, name, &way);
        let again = given.pushed[..index].contains(name);
        report.must(!again, &way, format!("`{}` is here a second time", shown(name)), "take it out");
        report.must(
            name.parse::<Tag>().is_ok(),
            &way,
            format!("`{}` cannot be a tag", shown(name)),
            "it is pushed as `${repo}:NAME`: choose another name",
        );
    }
    let layers = given.images.values().flat_map(|image| &image.layers).map(|layer| layer.size.0);
    let blobs = given.blobs.values().map(|blob| match blob {
        crate::BlobSpec::Size(size) => size.0,
        crate::BlobSpec::Text(_) => 0,
    });
    let total = layers.chain(blobs).fold(0_u64, u64::saturating_add);
    report.must(
        total <= CONTENT,
        &[Key("given")],
        "images and blobs have more than 64GiB together",
        "make them smaller",
    );
    for (index, name) in given.other.iter().flat_map(|other| &other.pushed).enumerate() {
        image(report, name, &[Key("given"), Key("other"), Key("pushed"), Item(index)]);
    }
    super::upstream::given(report);
    for problem in given.gateway.iter().flat_map(|gateway| gateway.problems()) {
        report.add(&[Key("given"), Key("gateway")], problem, "");
    }
    forward_proxy(report);
    settings(report);
    faults(report, &scenario.faults, &[Key("faults")]);
}

/// On one way there is one proxy of ours: a gateway or a forward proxy.
fn forward_proxy(report: &mut Report<'_>) {
    let given = &report.subject.scenario.given;
    let Some(settings) = &given.forward_proxy else { return };
    let way = [Key("given"), Key("forward-proxy")];
    for problem in settings.problems() {
        report.add(&way, problem, "");
    }
    let side = match settings.r#for {
        ProxyUser::Client => Before::Registry,
        ProxyUser::Registry => Before::Storage,
    };
    let alone = given.gateway.as_ref().is_none_or(|gateway| gateway.before != side);
    report.must(alone, &way, "a gateway stands on the same way", "take one of them out, or change its side");
}

fn settings(report: &mut Report<'_>) {
    let given = &report.subject.scenario.given;
    report.must(
        (1..=REPLICAS).contains(&given.replicas),
        &[Key("given"), Key("replicas")],
        format!("a registry has 1 to {REPLICAS} replicas here"),
        "two are enough to cross at every request",
    );
    let part = given.registry.part_size.map(|size| size.0);
    let needed = given.s3.min_part.map_or(5 << 20, |size| size.0);
    let help = "the store refuses smaller parts (`given.s3.min-part`, 5MiB if absent): raise one or lower the other";
    report.must(
        part.is_none_or(|part| part >= needed),
        &[Key("given"), Key("registry"), Key("part-size")],
        "parts of this size are refused by the store",
        help,
    );
    let zero = [
        ("min-part", given.s3.min_part.is_some_and(|s| s.0 == 0)),
        ("max-parts", given.s3.max_parts == Some(0)),
        ("max-copy", given.s3.max_copy.is_some_and(|s| s.0 == 0)),
    ];
    for (name, _) in zero.iter().filter(|(_, zero)| *zero) {
        report.add(
            &[Key("given"), Key("s3"), Key(name)],
            format!("`{name}: 0` would refuse everything"),
            "give a limit of at least 1",
        );
    }
}

/// Faults that cannot strike, here or in a `faults` step.
pub(super) fn faults(report: &mut Report<'_>, faults: &[Fault], way: &[Seg<'_>]) {
    let fired: BTreeSet<&str> = events(report);
    for (index, fault) in faults.iter().enumerate() {
        let place: Vec<Seg<'_>> = way.iter().copied().chain([Item(index)]).collect();
        super::auth::fault(report, fault, &place);
        for problem in fault.problems() {
            report.add(&place, problem, "");
        }
        let given = &report.subject.scenario.given;
        for (on, is_there, what, help) in [
            (On::Gateway, given.gateway.is_some(), "gateway", "given: { gateway: { before: registry } }"),
            (
                On::ForwardProxy,
                given.forward_proxy.is_some(),
                "forward proxy",
                "given: { forward-proxy: { for: registry } }",
            ),
            (On::Swift, given.swift.is_some(), "Swift", "given: { swift: {} }"),
            (On::Webhook, given.webhook.is_some(), "webhook sink", "given: { webhook: {} }"),
        ] {
            let help = format!("let one stand: `{help}`");
            report.must(fault.on != on || is_there, &place, format!("there is no {what}"), help);
        }
        super::upstream::fault(report, fault, &place);
        let waits = [("after-event", &fault.when.after_event), ("until-event", &fault.when.until_event)];
        for (condition, name) in
            waits.into_iter().filter_map(|(condition, name)| name.as_deref().map(|name| (condition, name)))
        {
            let place: Vec<Seg<'_>> = place.iter().copied().chain([Key("when"), Key(condition)]).collect();
            if !report.subject.broken {
                report.one_of(
                    "event",
                    name,
                    fired.iter().copied(),
                    &place,
                    "fire it with a step: `- event: { name: ... }`",
                );
            }
        }
    }
}

/// The events that steps fire.
fn events<'s>(report: &Report<'s>) -> BTreeSet<&'s str> {
    // The store itself tells of new access keys.
    let mut names = BTreeSet::from(["credentials-changed"]);
    let scenario = report.subject.scenario;
    for step in scenario.steps.iter().chain(&scenario.finally) {
        step.walk(&mut |step| {
            if let Step::Event(event) = step {
                names.insert(event.name.as_str());
            }
        });
    }
    names
}

/// A repository name; what is known only at run time is taken for right.
pub(super) fn repository(report: &mut Report<'_>, name: &str, way: &[Seg<'_>]) {
    if let Some(name) = report.subject.sample(name)
        && let Err(error) = name.parse::<RepositoryName>()
    {
        report.add(
            way,
            error.to_string(),
            "e.g. `lab/app`: lower-case letters, digits, and single `.`, `_`, `-` or `/` between them",
        );
    }
}

/// The name of an image.
pub(super) fn image(report: &mut Report<'_>, name: &str, way: &[Seg<'_>]) {
    let known = report.subject.declared("images");
    report.one_of("image", name, known.iter().map(String::as_str), way, "declare it under `given.images`");
}

/// The name of a blob.
pub(super) fn blob(report: &mut Report<'_>, name: &str, way: &[Seg<'_>]) {
    let known = report.subject.declared("blobs");
    report.one_of("blob", name, known.iter().map(String::as_str), way, "declare it under `given.blobs`");
}
