//! Measurements and comparisons as one self-contained page: tables, and charts that need no script. Nothing is loaded and nothing runs; each chart
//! says in words what it shows and has its numbers below it.
//!
//! `plot` draws; `throughput`, `latency` and `ratios` each make a kind of chart. The template and style are in `reports/templates/`.

mod chart;
mod latency;
mod plot;
mod ratios;
mod throughput;

use std::collections::BTreeSet;

use askama::Template;

use super::comparison::Comparison;
use super::goals::goals;
use super::model::{BenchReport, LoadReport};
use super::tables::{Table, conclusion, errors, notes, operations, unpacking, usage, verified};
use crate::page_policy::allowed;
use crate::text::{clean, count, duration, elide};
use chart::Chart;
use throughput::Of;

const STYLE: &str =
    concat!(include_str!("../../../templates/report.css"), include_str!("../../../templates/bench.css"));

/// Characters of one text.
const TEXT: usize = 400;

#[derive(Template)]
#[template(path = "bench.html")]
struct Page {
    verdict: &'static str,
    class: &'static str,
    headline: String,
    about: String,
    notes: Vec<&'static str>,
    compared: Option<Compared>,
    goals: Option<Goals>,
    loads: Vec<Load>,
    repeat: String,
    footer: String,
    policy: String,
    css: &'static str,
}

/// What two measurements say of each other.
struct Compared {
    conclusion: String,
    chart: Option<Chart>,
}

/// What the loads were to reach.
struct Goals {
    conclusion: String,
    table: Table,
}

/// One load.
struct Load {
    id: String,
    title: String,
    model: String,
    tables: Vec<(&'static str, Table)>,
    errors: Vec<String>,
    charts: Vec<Chart>,
    kinds: Vec<(String, Vec<Chart>)>,
}

/// The page of a measurement, with the comparison of its systems if they took turns.
pub(super) fn bench(report: &BenchReport, comparison: Option<&Comparison>) -> String {
    let run = &report.run;
    let systems: Vec<String> = systems(report);
    let names: Vec<&str> = report.loads.iter().map(|load| load.id.as_str()).collect();
    let failed: u64 = report.loads.iter().flat_map(|load| &load.systems).map(|system| system.failed()).sum();
    let missed = report.goals().any(|(_, goal)| goal.is_missed());
    let (verdict, class) = match comparison.map(judged) {
        None if failed > 0 => ("errors", "known"),
        Some((_, "passed")) | None if missed => ("goals missed", "known"),
        Some(judged) => judged,
        None => ("measured", "passed"),
    };
    let started = run.started.split('.').next().unwrap_or_default().trim_end_matches('Z').replace('T', " ");
    let about = format!(
        "shakedown {}; seed {}; {}; started {started} UTC; {} on the wall{}",
        run.version,
        run.seed,
        count(usize::try_from(run.cores).unwrap_or(usize::MAX), "core"),
        duration(run.wall_us),
        run.shard.as_ref().map_or(String::new(), |shard| format!("; part {shard} of the load")),
    );
    page(Page {
        verdict,
        class,
        headline: plain(&format!("{} on {}", names.join(", "), systems.join(" beside "))),
        about: plain(&about),
        notes: notes(report),
        compared: comparison.map(compared),
        goals: goals(report).map(|(table, conclusion)| Goals { conclusion: plain(&conclusion), table }),
        loads: report.loads.iter().enumerate().map(|(at, one)| load(one, at)).collect(),
        repeat: clean(&run.command),
        footer: format!(
            "Measured by shakedown {}. This page holds everything it shows and asks nobody for anything.",
            plain(&run.version)
        ),
        policy: policy(),
        css: STYLE,
    })
}

/// The page of a comparison alone.
pub(super) fn comparison(comparison: &Comparison) -> String {
    let (verdict, class) = judged(comparison);
    page(Page {
        verdict,
        class,
        headline: plain(&format!("{} against {}", comparison.after, comparison.before)),
        about: "Two measurements compared.".to_owned(),
        notes: Vec::new(),
        compared: Some(compared(comparison)),
        goals: None,
        loads: Vec::new(),
        repeat: String::new(),
        footer: "Compared by shakedown. This page holds everything it shows and asks nobody for anything.".to_owned(),
        policy: policy(),
        css: STYLE,
    })
}

fn page(page: Page) -> String {
    page.render().expect("texts go into a String") + "\n"
}

/// What the page may do: use this style, nothing else.
fn policy() -> String {
    format!("default-src 'none'; style-src {}; base-uri 'none'; form-action 'none'", allowed(STYLE))
}

fn judged(comparison: &Comparison) -> (&'static str, &'static str) {
    if comparison.regressions().next().is_some() { ("regressed", "failed") } else { ("no regression", "passed") }
}

fn compared(comparison: &Comparison) -> Compared {
    Compared { conclusion: plain(&conclusion(comparison)), chart: ratios::chart(comparison, "compared") }
}

fn systems(report: &BenchReport) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for system in report.loads.iter().flat_map(|load| &load.systems) {
        let name = match &system.version {
            Some(version) => format!("{} ({version})", system.name),
            None => system.name.clone(),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn load(load: &LoadReport, at: usize) -> Load {
    let over_time = [(Of::Operations, "o"), (Of::Bytes, "b")];
    let kinds: BTreeSet<&String> = load.systems.iter().flat_map(|system| system.operations.keys()).collect();
    let of_kind =
        |(number, kind): (usize, &String)| (plain(kind), latency::charts(load, kind, &format!("l{at}-k{number}")));
    Load {
        id: plain(&load.id),
        title: plain(&load.title),
        model: plain(&load.made()),
        tables: [
            ("What was done", operations(load)),
            ("Transfer and unpacking", unpacking(load)),
            ("What it took", usage(load)),
        ]
        .into_iter()
        .filter(|(_, table)| !table.rows.is_empty())
        .collect(),
        errors: verified(load).iter().chain(&errors(load)).map(|line| plain(line)).collect(),
        charts: over_time.iter().filter_map(|(of, id)| throughput::chart(load, *of, &format!("l{at}-{id}"))).collect(),
        kinds: kinds.into_iter().enumerate().map(of_kind).filter(|(_, charts)| !charts.is_empty()).collect(),
    }
}

/// One line of bounded length without control characters.
fn plain(text: &str) -> String {
    elide(&clean(text), TEXT, "...")
}

#[cfg(test)]
mod tests;
