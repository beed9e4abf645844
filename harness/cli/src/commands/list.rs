//! `shakedown list`: what there is: scenarios, rules, incidents, fault effects, defects, systems, loads, report formats, storage profiles.

use std::fmt::Write;
use std::path::PathBuf;

use serde::Serialize;
use shakedown_engine::SystemFile;
use shakedown_oci::{Observed, Rule, Version};

use crate::catalogue;
use crate::commands::bench;
use crate::commands::run::{self, SelectArgs};
use crate::exit::Exit;
use crate::output::{Failure, Output};

/// List scenarios, incidents, faults, defects, allowed behaviours, systems, stores, formats or storage profiles
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Scenario files and folders [default: ./scenarios, else the built-in set]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    select: SelectArgs,
    #[command(flatten)]
    what: What,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// What to list instead of scenarios.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct What {
    /// The incident catalogue, each with its scenarios or the reason why there is none
    #[arg(long)]
    incidents: bool,
    /// Effects that a fault can have
    #[arg(long)]
    faults: bool,
    /// Defects that can be seeded into the reference registry
    #[arg(long)]
    defects: bool,
    /// What a correct registry may do otherwise than the reference does
    #[arg(long)]
    allowed: bool,
    /// Systems that scenarios can drive
    #[arg(long)]
    systems: bool,
    /// Stores that `run --store` can start
    #[arg(long)]
    stores: bool,
    /// Report formats
    #[arg(long)]
    formats: bool,
    /// Rules of the specification, each with the scenarios that check it
    #[arg(long)]
    rules: bool,
    /// Profiles of real stores that the S3 mock can play
    #[arg(long)]
    profiles: bool,
    /// Loads that `bench` can make
    #[arg(long)]
    loads: bool,
    /// Gateways that `serve gateway` can play
    #[arg(long)]
    gateways: bool,
}

/// One line of a list.
#[derive(Debug, Serialize)]
struct Row {
    id: String,
    about: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    seen: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    file: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checked_by: Vec<String>,
}

impl Row {
    fn new(id: impl Into<String>, about: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            about: about.into(),
            seen: Vec::new(),
            tags: Vec::new(),
            file: String::new(),
            checked_by: Vec::new(),
        }
    }
}

/// Prints the list.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let rows = rows(args, output)?;
    if args.json {
        let text = serde_json::to_string_pretty(&rows).expect("rows are plain data");
        output.line(&text);
        return Ok(Exit::Passed);
    }
    let width = rows.iter().map(|row| row.id.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for Row { id, about, seen, tags, checked_by, .. } in &rows {
        let marks = [seen.join(" "), tags.iter().map(|tag| format!("#{tag}")).collect::<Vec<_>>().join(" ")];
        let marks = marks.into_iter().filter(|mark| !mark.is_empty()).collect::<Vec<_>>().join("  ");
        let line = format!("{id:width$}  {about}  {marks}");
        writeln!(text, "{}", line.trim_end()).expect("a String takes every text");
        if !checked_by.is_empty() {
            writeln!(text, "{:width$}  checked by {}", "", checked_by.join(", ")).expect("a String takes every text");
        }
    }
    output.print(&text);
    Ok(Exit::Passed)
}

fn rows(args: &Args, output: &Output) -> Result<Vec<Row>, Failure> {
    let what = &args.what;
    if what.faults {
        return Ok(shakedown_faults::Effect::KINDS.iter().map(|(name, about)| Row::new(*name, *about)).collect());
    }
    if what.defects {
        let defects = shakedown_registry::defects::ALL.iter();
        return Ok(defects
            .map(|defect| Row {
                seen: ids(&[defect.stands_for, defect.breaks].concat()),
                ..Row::new(defect.id, defect.about)
            })
            .collect());
    }
    if what.allowed {
        let allowed = shakedown_registry::allowed::ALL.iter();
        return Ok(allowed.map(|one| Row { seen: ids(one.rules), ..Row::new(one.id, one.about) }).collect());
    }
    if what.formats {
        return Ok(shakedown_reports::FORMATS.iter().map(|format| Row::new(format.name, format.about)).collect());
    }
    if what.profiles {
        return Ok(shakedown_s3::profiles::profiles()
            .iter()
            .map(|profile| Row::new(profile.name, profile.about.as_str()))
            .collect());
    }
    if what.systems {
        return systems();
    }
    if what.stores {
        return stores();
    }
    if what.loads {
        let loads = bench::loads().map(|load| load.map(|(id, file)| Row::new(id, file.title)));
        return loads.collect();
    }
    if what.gateways {
        return Ok(shakedown_peers::gateway::profiles::list().map(|(name, about)| Row::new(name, about)).collect());
    }
    if what.incidents {
        return incidents(args, output);
    }
    if what.rules {
        return rules(args, output);
    }
    let plans = run::select(&args.paths, &args.select, output)?;
    Ok(plans
        .into_iter()
        .map(|plan| Row {
            seen: plan.scenario.seen.0,
            tags: plan.scenario.tags,
            file: plan.file,
            ..Row::new(plan.id, plan.scenario.title)
        })
        .collect())
}

/// The catalogue; the state stands where scenarios have their tags.
fn incidents(args: &Args, output: &Output) -> Result<Vec<Row>, Failure> {
    let plans = run::select(&args.paths, &args.select, output)?;
    let row = |incident: &shakedown_oci::Incident| Row {
        file: String::new(),
        seen: vec![format!("[{}]", catalogue::state(incident, &plans))],
        ..Row::new(incident.id, incident.title)
    };
    Ok(shakedown_oci::incidents().iter().map(row).collect())
}

/// Every rule with its level, and which scenarios (files, without their cases) have checks for it.
fn rules(args: &Args, output: &Output) -> Result<Vec<Row>, Failure> {
    let plans = run::select(&args.paths, &args.select, output)?;
    let row = |rule: &Rule| {
        let before = match rule.level_in(Version::V1_1) {
            None => ", not in 1.1".to_owned(),
            Some(level) if level != rule.level => format!(", {level} in 1.1"),
            Some(_) => String::new(),
        };
        let observed = match rule.observed() {
            Observed::Anywhere => String::new(),
            Observed::Provoked(why) | Observed::Never(why) => format!(" [{why}]"),
        };
        let mut checked_by: Vec<String> = Vec::new();
        for plan in plans.iter().filter(|plan| plan.scenario.rules().contains(rule.id)) {
            let stem = plan.id.split('[').next().unwrap_or_default().to_owned();
            if !checked_by.contains(&stem) {
                checked_by.push(stem);
            }
        }
        Row { checked_by, ..Row::new(rule.id, format!("{}{before}: {}{observed}", rule.level, rule.requirement)) }
    };
    Ok(shakedown_oci::rules().iter().map(row).collect())
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|&id| id.to_owned()).collect()
}

fn systems() -> Result<Vec<Row>, Failure> {
    let mut rows = vec![
        Row::new("reference", "the reference registry, in memory or (--over tcp) on loopback sockets"),
        Row::new(
            "http://HOST:PORT",
            "a registry that runs already; with --s3 CONTROL-URL on a `shakedown serve s3 --control`",
        ),
    ];
    for name in SystemFile::shipped_names() {
        rows.push(row_of(name, SystemFile::named(name).map_err(Failure::usage)?));
    }
    Ok(rows)
}

fn stores() -> Result<Vec<Row>, Failure> {
    let row = |name| Ok(row_of(name, SystemFile::store(name).map_err(Failure::usage)?));
    SystemFile::store_names().into_iter().map(row).collect()
}

fn row_of(name: &'static str, file: SystemFile) -> Row {
    let untried = file.untried.map(|reason| format!(" (never run by this project: {reason})")).unwrap_or_default();
    Row::new(name, format!("{}{untried}", file.title))
}
