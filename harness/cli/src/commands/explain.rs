//! `shakedown explain ID`: what an incident, a rule, a scenario, a fault effect or a defect is, and how to see it.

use std::fmt::Write;

use shakedown_oci::Side;
use shakedown_scenario::Plan;

use crate::exit::Exit;
use crate::library::{self, Selection};
use crate::output::{Failure, Output};

/// Explain an incident (A01), a rule (CH8), a scenario, a fault effect or a defect
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples: shakedown explain A01    shakedown explain CH8    shakedown explain visible-after")]
pub struct Args {
    /// The id
    id: String,
}

/// Prints what is known about the id.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let plans = library::load_valid(&Selection::default(), output)?;
    let id = args.id.as_str();
    let explained = incident(id, &plans)
        .or_else(|| rule(id, &plans))
        .or_else(|| scenario(id, &plans))
        .or_else(|| effect(id))
        .or_else(|| defect(id));
    match explained {
        Some(text) => {
            output.print(&text);
            Ok(Exit::Passed)
        }
        None => Err(Failure {
            message: format!(
                "nothing is called `{id}`; `shakedown list`, `list --faults` and `list --defects` show what there is"
            ),
            exit: Exit::Nothing,
        }),
    }
}

fn incident(id: &str, plans: &[Plan]) -> Option<String> {
    let incident = shakedown_oci::Incident::find(&id.to_ascii_uppercase())?;
    let mut text = format!("{}  {}  ({})\n", incident.id, incident.title, incident.slug);
    let seen = plans.iter().filter(|plan| plan.scenario.seen.iter().any(|seen| seen == incident.id));
    let mut none = true;
    for plan in seen {
        none = false;
        push_plan(&mut text, plan);
    }
    if none {
        text.push_str("\nNo scenario of this version reproduces it.\n");
    }
    let defects = shakedown_registry::defects::ALL.iter().filter(|defect| defect.stands_for.contains(&incident.id));
    for defect in defects {
        let _ = writeln!(text, "\ndefect    {}: {}", defect.id, defect.about);
    }
    Some(text)
}

fn rule(id: &str, plans: &[Plan]) -> Option<String> {
    let rule = shakedown_oci::Rule::find(&id.to_ascii_uppercase())?;
    let side = match rule.side {
        Side::Registry => "the registry",
        Side::Client => "the client",
        Side::Both => "registry and client",
    };
    let mut text = format!("{}  {}, {side}\n{}\n", rule.id, rule.level, rule.requirement);
    let ids: Vec<_> = plans.iter().filter(|plan| plan.scenario.spec.iter().any(|spec| spec == rule.id)).collect();
    if !ids.is_empty() {
        text.push_str("\nScenarios that assert it:\n");
    }
    for plan in ids {
        let _ = writeln!(text, "  {}  {}", plan.id, plan.scenario.title);
    }
    Some(text)
}

fn scenario(id: &str, plans: &[Plan]) -> Option<String> {
    let plan = plans.iter().find(|plan| plan.id == id || plan.id.split('[').next() == Some(id))?;
    let mut text = String::new();
    push_plan(&mut text, plan);
    Some(text.trim_start().to_owned())
}

fn effect(id: &str) -> Option<String> {
    let (name, about) = shakedown_faults::Effect::KINDS.iter().find(|(name, _)| *name == id)?;
    Some(format!("{name}  a fault effect\n{about}\n"))
}

fn defect(id: &str) -> Option<String> {
    let defect = shakedown_registry::defects::ALL.iter().find(|defect| defect.id == id)?;
    let incidents = defect.stands_for.join(" ");
    Some(format!(
        "{}  a defect that can be seeded into the reference registry\n{}\nstands for  {incidents}\nsee it      shakedown run --defect {}\n",
        defect.id, defect.about, defect.id
    ))
}

fn push_plan(text: &mut String, plan: &Plan) {
    let scenario = &plan.scenario;
    let _ = writeln!(text, "\n{}\n{}\n", plan.id, scenario.title);
    for line in scenario.story.trim().lines() {
        let _ = writeln!(text, "  {line}");
    }
    let _ = writeln!(text, "\nasserts   {}", scenario.spec.join(" "));
    let _ = writeln!(text, "reproduce shakedown run {}", plan.file);
}
