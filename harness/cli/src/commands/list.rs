//! `shakedown list`: what there is: scenarios, fault effects, defects, systems, report formats, storage profiles.

use std::fmt::Write;
use std::path::PathBuf;

use serde::Serialize;

use crate::commands::run::{self, SelectArgs};
use crate::exit::Exit;
use crate::output::{Failure, Output};

/// List scenarios, faults, defects, systems, formats or storage profiles
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
    /// Effects that a fault can have
    #[arg(long)]
    faults: bool,
    /// Defects that can be seeded into the reference registry
    #[arg(long)]
    defects: bool,
    /// Systems that scenarios can drive
    #[arg(long)]
    systems: bool,
    /// Report formats
    #[arg(long)]
    formats: bool,
    /// Profiles of real stores that the S3 mock can play
    #[arg(long)]
    profiles: bool,
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
}

impl Row {
    fn new(id: impl Into<String>, about: impl Into<String>) -> Self {
        Self { id: id.into(), about: about.into(), seen: Vec::new(), tags: Vec::new(), file: String::new() }
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
    for Row { id, about, seen, tags, .. } in &rows {
        let marks = [seen.join(" "), tags.iter().map(|tag| format!("#{tag}")).collect::<Vec<_>>().join(" ")];
        let marks = marks.into_iter().filter(|mark| !mark.is_empty()).collect::<Vec<_>>().join("  ");
        let line = format!("{id:width$}  {about}  {marks}");
        writeln!(text, "{}", line.trim_end()).expect("a String takes every text");
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
                seen: defect.stands_for.iter().map(|&id| id.to_owned()).collect(),
                ..Row::new(defect.id, defect.about)
            })
            .collect());
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

fn systems() -> Result<Vec<Row>, Failure> {
    let mut rows = vec![
        Row::new("reference", "the reference registry, in memory or (--over tcp) on loopback sockets"),
        Row::new(
            "http://HOST:PORT",
            "a registry that runs already; with --s3 CONTROL-URL on a `shakedown serve s3 --control`",
        ),
    ];
    for name in shakedown_engine::SystemFile::shipped_names() {
        let text = shakedown_engine::SystemFile::shipped(name).unwrap_or_default();
        let file =
            shakedown_engine::SystemFile::parse(name, text).map_err(|error| Failure::usage(error.to_string()))?;
        rows.push(Row::new(name, file.title));
    }
    Ok(rows)
}
