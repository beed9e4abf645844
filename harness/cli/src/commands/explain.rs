//! `shakedown explain ID`: what an incident, a rule, a habit, a scenario, a fault effect, a defect, an allowed behaviour, a profile, a system
//! or a finding of the audit is, and how to see it. Offline, and plain enough to be pasted into a ticket.

mod system;

use std::collections::BTreeSet;
use std::fmt::Write;

use shakedown_audit::Severity;
use shakedown_oci::{Habit, Incident, Rule, Side, Version};
use shakedown_scenario::Plan;

use crate::catalogue::{self, stem};
use crate::exit::Exit;
use crate::library::{self, Selection};
use crate::output::{Failure, Output};

/// Columns of the text.
const WIDTH: usize = 100;
/// Columns before it.
const LABEL: usize = 11;

/// Explain an incident (A01), a rule (CH8), a habit (HB1), a scenario, a fault effect, a defect, a profile, a system or a finding of `audit`
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples: shakedown explain A01    shakedown explain CH8    shakedown explain visible-after    shakedown explain zot"
)]
pub struct Args {
    /// The id
    id: String,
}

/// Prints what is known about the id.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let known = Known::new(library::load_valid(&Selection::default(), output)?);
    let id = args.id.as_str();
    let explained = explained(id, &known);
    if !explained.is_empty() {
        output.print(&explained.join("\n"));
        return Ok(Exit::Passed);
    }
    Err(Failure {
        message: format!(
            "nothing is called `{id}`; `shakedown list`, and `list` with --incidents, --faults, --defects, --profiles, \
                 --systems or --gateways show what there is"
        ),
        exit: Exit::Nothing,
    })
}

/// The scenarios, with the ids that the checks of each name.
struct Known {
    plans: Vec<Plan>,
    asserted: Vec<BTreeSet<String>>,
}

impl Known {
    fn new(plans: Vec<Plan>) -> Self {
        let asserted = plans.iter().map(shakedown_engine::asserted).collect();
        Self { plans, asserted }
    }

    /// Stems of the scenarios with a check that names one of the ids.
    fn asserting(&self, ids: &[&str]) -> Vec<&str> {
        let with = self.plans.iter().zip(&self.asserted);
        let naming = with.filter(|(_, asserted)| ids.iter().any(|id| asserted.contains(*id)));
        let mut stems: Vec<&str> = naming.map(|(plan, _)| stem(plan)).collect();
        stems.dedup();
        stems
    }
}

/// All that is called so: a scenario may have the name of what it is about.
fn explained(id: &str, known: &Known) -> Vec<String> {
    let plans = known.plans.as_slice();
    let found = [
        incident(id, plans),
        rule(id, plans),
        habit(id, known),
        scenario(id, plans),
        effect(id, plans),
        defect(id, known),
        allowed(id),
        profile(id),
        system::system(id),
        finding(id),
    ];
    found.into_iter().flatten().collect()
}

fn incident(id: &str, plans: &[Plan]) -> Option<String> {
    let incident = Incident::find(&id.to_ascii_uppercase()).or_else(|| Incident::find(id))?;
    // A slug is often a scenario's name, too: that says more.
    if incident.id != id.to_ascii_uppercase() && plans.iter().any(|plan| stem(plan) == id) {
        return None;
    }
    let mut text = format!("{}  {}  ({})\n\n", incident.id, incident.title, incident.slug);
    let scenarios = catalogue::scenarios(incident, plans);
    let entry = catalogue::entry(incident.id);
    if let Some(entry) = entry {
        labelled(&mut text, "seen", &entry.happens);
        labelled(&mut text, "why", &entry.because);
        labelled(&mut text, "right", &entry.right);
        for (label, words) in [("fix", &entry.fix), ("for real", &entry.real)] {
            words.iter().for_each(|words| labelled(&mut text, label, words));
        }
        let links: Vec<_> = entry.addresses().collect();
        block(&mut text, "where", &links);
    }
    let mut rules: Vec<&str> = scenarios
        .iter()
        .flat_map(|plan| &plan.scenario.spec)
        .map(String::as_str)
        .filter(|id| Rule::find(id).is_some())
        .collect();
    rules.sort_unstable();
    rules.dedup();
    block(&mut text, "rules", &rules.iter().map(|id| rule_line(id)).collect::<Vec<_>>());
    let about: Vec<_> = scenarios.iter().map(|plan| about(plan)).collect();
    block(&mut text, "scenarios", &about);
    match scenarios.first() {
        Some(plan) => {
            let expression = format!("shakedown run -E 'seen({})'", incident.id);
            let command = if scenarios.len() == 1 { format!("shakedown run {}", plan.file) } else { expression };
            labelled(&mut text, "reproduce", &command);
        }
        None => {
            let reason = entry.and_then(|entry| entry.no_scenario.as_deref());
            labelled(&mut text, "scenarios", reason.map_or("none in this version", |reason| reason));
        }
    }
    let defects = shakedown_registry::defects::ALL.iter().filter(|defect| defect.stands_for.contains(&incident.id));
    let defects: Vec<_> = defects.map(|defect| format!("{}: {}", defect.id, defect.about)).collect();
    block(&mut text, "defects", &defects);
    Some(text)
}

fn about(plan: &Plan) -> String {
    let title = plan.scenario.title.replace(&format!(": {}", plan.case.as_deref().unwrap_or("\u{0}")), "");
    let end =
        plan.scenario.unsurvivable.as_ref().map_or(String::new(), |why| format!(" No registry survives it: {why}"));
    format!("{}: {title}.{end}", stem(plan))
}

fn rule_line(id: &str) -> String {
    Rule::find(id).map_or_else(|| id.to_owned(), |rule| format!("{} ({}) {}", rule.id, rule.level, rule.requirement))
}

fn rule(id: &str, plans: &[Plan]) -> Option<String> {
    let rule = Rule::find(&id.to_ascii_uppercase())?;
    let side = match rule.side {
        Side::Registry => "the registry",
        Side::Client => "the client",
        Side::Both => "registry and client",
    };
    let mut text = format!("{}  {}, {side}\n{}\n\n", rule.id, rule.level, rule.requirement);
    let before = match rule.level_in(Version::V1_1) {
        Some(level) if level == rule.level => format!("{level} since 1.1"),
        Some(level) => format!("{} since head; {level} in 1.1", rule.level),
        None => format!("{} since head; not in 1.1", rule.level),
    };
    labelled(&mut text, "since", &before);
    labelled(&mut text, "where", &rule.link());
    let mut scenarios: Vec<_> =
        plans.iter().filter(|plan| plan.scenario.spec.iter().any(|spec| spec == rule.id)).collect();
    scenarios.dedup_by_key(|plan| stem(plan).to_owned());
    let about: Vec<_> = scenarios.iter().map(|plan| about(plan)).collect();
    block(&mut text, "scenarios", &about);
    if !about.is_empty() {
        labelled(&mut text, "reproduce", &format!("shakedown run -E 'spec({})'", rule.id));
    }
    block(&mut text, "defects", &breaking(rule.id));
    let room = shakedown_registry::allowed::ALL.iter().filter(|allowed| allowed.rules.contains(&rule.id));
    block(&mut text, "allowed", &room.map(|one| format!("{}: {}", one.id, one.about)).collect::<Vec<_>>());
    Some(text)
}

/// The defects that break a rule or a habit.
fn breaking(id: &str) -> Vec<String> {
    let defects = shakedown_registry::defects::ALL.iter().filter(|defect| defect.breaks.contains(&id));
    defects.map(|defect| format!("{}: {}", defect.id, defect.about)).collect()
}

fn habit(id: &str, known: &Known) -> Option<String> {
    let habit = Habit::find(&id.to_ascii_uppercase())?;
    let mut text = format!("{}  a habit that clients rely on, and no rule\n{}\n\n", habit.id, habit.habit);
    labelled(&mut text, "otherwise", habit.otherwise);
    let checking: Vec<_> = known.asserting(&[habit.id]).into_iter().map(str::to_owned).collect();
    block(&mut text, "checked by", &checking);
    block(&mut text, "defects", &breaking(habit.id));
    Some(text)
}

fn finding(id: &str) -> Option<String> {
    let kind = shakedown_audit::kinds::ALL.iter().find(|kind| kind.id == id)?;
    let severity = match kind.severity {
        Severity::Loss => "what was pushed cannot be pulled",
        Severity::Disorder => "something is not as it should be, and pulls go well",
        Severity::Waste => "bytes are paid for and of no use",
    };
    let mut text = format!("{}  a finding of the audit: {severity}\n{}\n\n", kind.id, kind.means);
    labelled(&mut text, "fix", kind.advice);
    labelled(&mut text, "look", "shakedown audit --help");
    Some(text)
}

fn scenario(id: &str, plans: &[Plan]) -> Option<String> {
    let plan = plans.iter().find(|plan| plan.id == id || stem(plan) == id)?;
    let scenario = &plan.scenario;
    let mut text = format!("{}\n{}\n\n", plan.id, scenario.title);
    for line in scenario.story.trim().lines() {
        writeln!(text, "  {line}").expect("a String takes every text");
    }
    text.push('\n');
    scenario.unsurvivable.iter().for_each(|why| labelled(&mut text, "survives", &format!("no registry: {why}")));
    let seen: Vec<_> = scenario.seen.iter().filter_map(|id| Incident::find(id)).collect();
    block(&mut text, "seen", &seen.iter().map(|one| format!("{}: {}", one.id, one.title)).collect::<Vec<_>>());
    block(&mut text, "asserts", &scenario.spec.iter().map(|id| rule_line(id)).collect::<Vec<_>>());
    let cases: Vec<_> =
        plans.iter().filter(|other| stem(other) == stem(plan)).filter_map(|plan| plan.case.clone()).collect();
    if !cases.is_empty() {
        labelled(&mut text, "cases", &cases.join(", "));
    }
    labelled(&mut text, "reproduce", &format!("shakedown run {}", plan.file));
    Some(text)
}

fn effect(id: &str, plans: &[Plan]) -> Option<String> {
    let (name, doc) = shakedown_faults::Effect::KINDS.iter().find(|(name, _)| *name == id)?;
    let mut text = format!("{name}  a fault effect\n{doc}\n\n");
    if let Some((_, example)) = shakedown_faults::Effect::EXAMPLES.iter().find(|(name, _)| *name == id) {
        labelled(
            &mut text,
            "write",
            &format!(
                "effect: {}",
                if example.contains(": ") { format!("{{ {example} }}") } else { (*example).to_owned() }
            ),
        );
    }
    let mut using: Vec<_> =
        plans.iter().filter(|plan| plan.scenario.faults.iter().any(|fault| fault.effect.name() == id)).collect();
    using.dedup_by_key(|plan| stem(plan).to_owned());
    block(&mut text, "scenarios", &using.iter().map(|plan| about(plan)).collect::<Vec<_>>());
    if let Some(plan) = using.first() {
        labelled(&mut text, "reproduce", &format!("shakedown run {}", plan.file));
    }
    Some(text)
}

fn defect(id: &str, known: &Known) -> Option<String> {
    let defect = shakedown_registry::defects::find(id)?;
    let mut text =
        format!("{}  a defect that can be seeded into the reference registry\n{}\n\n", defect.id, defect.about);
    let incidents: Vec<_> = defect.stands_for.iter().filter_map(|id| Incident::find(id)).collect();
    block(
        &mut text,
        "stands for",
        &incidents.iter().map(|one| format!("{}: {}", one.id, one.title)).collect::<Vec<_>>(),
    );
    let broken: Vec<_> = defect.breaks.iter().map(|id| rule_line(id)).collect();
    block(&mut text, "breaks", &broken);
    let catching = known.asserting(defect.breaks).into_iter().chain(known.asserting(defect.stands_for));
    let mut catching: Vec<_> = catching.collect();
    catching.dedup();
    block(&mut text, "checked by", &catching.iter().map(|stem| (*stem).to_owned()).collect::<Vec<_>>());
    labelled(&mut text, "caught by", &format!("shakedown selftest --defect {}", defect.id));
    let command = match catching.first() {
        Some(stem) => format!("shakedown run --defect {} -E 'id({stem}*)'", defect.id),
        None => format!("shakedown run --defect {}", defect.id),
    };
    labelled(&mut text, "reproduce", &command);
    Some(text)
}

fn allowed(id: &str) -> Option<String> {
    let allowed = shakedown_registry::allowed::find(id)?;
    let mut text =
        format!("{}  allowed, though the reference registry does otherwise\n{}\n\n", allowed.id, allowed.about);
    block(&mut text, "room in", &allowed.rules.iter().map(|id| rule_line(id)).collect::<Vec<_>>());
    labelled(&mut text, "reproduce", &format!("shakedown run --tag conformance --allow {}", allowed.id));
    Some(text)
}

fn profile(id: &str) -> Option<String> {
    if let Some((name, about)) = shakedown_peers::gateway::profiles::list().find(|(name, _)| *name == id) {
        let serve = format!("shakedown serve gateway --upstream http://127.0.0.1:5000 --fault {name}");
        let mut text = format!("{name}  a gateway\n{about}\n\n");
        labelled(&mut text, "serve", &serve);
        return Some(text);
    }
    let profile = shakedown_s3::profiles::profile(id)?;
    let mut text = format!("{}  a profile of the S3 mock\n{}\n\n", profile.name, profile.about);
    labelled(&mut text, "serve", &format!("shakedown serve s3 --fault {}", profile.name));
    Some(text)
}

/// A label and its text, wrapped below itself.
fn labelled(text: &mut String, label: &str, words: &str) {
    let mut lines = wrap(words).into_iter();
    let first = lines.next().unwrap_or_default();
    writeln!(text, "{label:LABEL$}{first}").expect("a String takes every text");
    for line in lines {
        writeln!(text, "{:LABEL$}{line}", "").expect("a String takes every text");
    }
}

/// A label and one entry a line.
fn block(text: &mut String, label: &str, entries: &[String]) {
    for (index, entry) in entries.iter().enumerate() {
        labelled(text, if index == 0 { label } else { "" }, entry);
    }
}

fn wrap(words: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split_whitespace() {
        let line = lines.last_mut().expect("never empty");
        if !line.is_empty() && LABEL + line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(word.to_owned());
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
        let loaded = library::load(&Selection { paths: &[root], ..Selection::default() });
        Known::new(loaded.unwrap_or_else(|failure| panic!("{}", failure.message)).plans)
    }

    #[test]
    fn everything_with_a_name_is_explained() {
        let known = known();
        let ids = shakedown_oci::incidents().iter().map(|one| one.id);
        let ids = ids.chain(shakedown_oci::rules().iter().map(|one| one.id));
        let ids = ids.chain(shakedown_oci::habits().iter().map(|one| one.id));
        let ids = ids.chain(shakedown_registry::defects::ALL.iter().map(|one| one.id));
        let ids = ids.chain(shakedown_registry::allowed::ALL.iter().map(|one| one.id));
        let ids = ids.chain(shakedown_faults::Effect::KINDS.iter().map(|(name, _)| *name));
        let ids = ids.chain(shakedown_s3::profiles::profiles().iter().map(|one| one.name));
        let ids = ids.chain(shakedown_peers::gateway::profiles::list().map(|(name, _)| name));
        let ids = ids.chain(shakedown_engine::SystemFile::shipped_names());
        let ids: Vec<_> = ids.chain(shakedown_audit::kinds::ALL.iter().map(|one| one.id)).collect();
        assert!(ids.len() > 500, "{}", ids.len());
        for id in ids {
            let texts = explained(id, &known);
            assert!(texts.iter().any(|text| text.starts_with(&format!("{id}  "))), "{id}: {texts:?}");
        }
        assert_eq!(explained("no-such-thing", &known), [""; 0]);
    }

    #[test]
    fn a_name_of_two_things_explains_both() {
        let known = known();
        let texts = explained("broken-link", &known);
        assert!(texts.iter().any(|text| text.contains("a finding of the audit")), "{texts:?}");
        assert!(texts.iter().any(|text| text.contains("reproduce")), "{texts:?}");
        insta::assert_snapshot!(["HB1", "PB2", "missing-child"].map(|id| explained(id, &known).concat()).join("\n"));
    }
}
