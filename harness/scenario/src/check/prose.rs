//! Title, catalogue ids, rule ids, tags, needs.

use shakedown_oci::{Habit, Incident, Rule, incidents, rules};

use super::Report;
use crate::Need;
use crate::problem::shown;
use crate::read::tree::Seg::{Item, Key};

pub(super) fn check(report: &mut Report<'_>) {
    let scenario = report.subject.scenario;
    let title = &scenario.title;
    report.must(!title.trim().is_empty(), &[Key("title")], "the title is empty", "say in one sentence what must hold");
    report.must(
        !title.contains('\n') && title.chars().count() <= 140,
        &[Key("title")],
        "the title must be one line of at most 140 characters",
        "put the rest into `story`",
    );
    for (index, id) in scenario.seen.iter().enumerate() {
        let known = Incident::find(id).is_some_and(|incident| incident.id == id);
        if !known {
            let by_slug = Incident::find(id).map(|incident| incident.id);
            let near = by_slug.or_else(|| crate::read::nearest(id, incidents().iter().map(|i| i.id)));
            let help = near.map_or_else(
                || "`shakedown explain` lists the catalogue; leave `seen` out if it was never seen".to_owned(),
                |near| format!("did you mean `{near}`? `shakedown explain` lists the catalogue"),
            );
            report.add(&[Key("seen"), Item(index)], format!("there is no incident `{}`", shown(id)), help);
        }
    }
    for (index, id) in scenario.spec.iter().enumerate() {
        rule(report, id, &[Key("spec"), Item(index)]);
    }
    for (index, tag) in scenario.tags.iter().enumerate() {
        let right = !tag.is_empty()
            && tag.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.');
        let message = format!("`{}` cannot be a tag", shown(tag));
        report.must(right, &[Key("tags"), Item(index)], message, "use lower-case letters, digits, `-` and `.`");
    }
    let needs = &scenario.needs;
    if needs.contains(&Need::Tcp) && needs.contains(&Need::Memory) {
        let help = "take `memory` if times must be exact or long, `tcp` if the wire itself is the point";
        report.add(&[Key("needs")], "no run has both real sockets and virtual time", help);
    }
}

/// A rule of the specification.
pub(super) fn rule(report: &mut Report<'_>, id: &str, way: &[crate::read::tree::Seg<'_>]) {
    if Rule::find(id).is_none() && Habit::find(id).is_none() {
        let known: Vec<&str> = rules().iter().map(|rule| rule.id).collect();
        report.one_of(
            "rule of the specification",
            id,
            known,
            way,
            "rule ids are those of `shakedown explain rules`, e.g. CH8",
        );
    }
}
