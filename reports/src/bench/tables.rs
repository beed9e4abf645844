//! Measurements and comparisons as text: columns for a terminal, tables for markdown. One set of cells for both.

use std::fmt::Write;

use super::comparison::{Comparison, Row};
use super::goals;
use super::model::{BenchReport, LoadReport, SystemReport, Times, rate};
use super::recovery::{self, After, Borne};
use crate::Options;
use crate::text::{clean, wrap};

/// A table: its head, and rows of cells.
pub(super) struct Table {
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Table {
    /// Names of systems and causes of errors come from outside: nothing in a cell may steer a terminal.
    pub(super) fn new(head: Vec<String>, rows: Vec<Vec<String>>) -> Self {
        let cleaned = |row: Vec<String>| row.iter().map(|cell| clean(cell)).collect();
        Self { head: cleaned(head), rows: rows.into_iter().map(cleaned).collect() }
    }

    /// The cells of a row, each under its name.
    pub(super) fn named<'a>(&'a self, row: &'a [String]) -> impl Iterator<Item = (&'a String, &'a String)> {
        self.head.iter().zip(row)
    }

    /// Columns, the first to the left, the others to the right; where they do not fit, each row as wrapped text.
    fn columns(&self, options: &Options) -> String {
        const INDENT: &str = "  ";
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            cells.chain([self.head[column].chars().count()]).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let room = options.width.max(40);
        if INDENT.len() + widths.iter().sum::<usize>() + 2 * (widths.len() - 1) > room {
            return self.records(INDENT, room);
        }
        let mut text = String::new();
        for row in std::iter::once(&self.head).chain(&self.rows) {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
                if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            });
            let line = cells.collect::<Vec<_>>().join("  ");
            let _ = writeln!(text, "{INDENT}{}", line.trim_end());
        }
        text
    }

    fn records(&self, indent: &str, room: usize) -> String {
        let record = |row: &Vec<String>| {
            let cells: Vec<String> = self.named(row).skip(1).map(|(name, cell)| format!("{name} {cell}")).collect();
            let lines = wrap(&cells.join(", "), room - 2 * indent.len());
            let lines: String = lines.iter().map(|line| format!("{indent}{indent}{line}\n")).collect();
            format!("{indent}{}\n{lines}", row.first().map_or("", String::as_str))
        };
        self.rows.iter().map(record).collect()
    }

    fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule: Vec<String> =
            (0..self.head.len()).map(|column| if column == 0 { "---" } else { "---:" }.into()).collect();
        let escaped = |row: &Vec<String>| row.iter().map(|cell| cell.replace('|', "\\|")).collect::<Vec<_>>();
        let mut text = line(&self.head) + &line(&rule);
        self.rows.iter().for_each(|row| text.push_str(&line(&escaped(row))));
        text
    }
}

/// For people at a terminal.
pub fn bench_terminal(report: &BenchReport, compared: Option<&Comparison>, options: &Options) -> String {
    let mut text = String::new();
    for load in &report.loads {
        let _ = writeln!(text, "{}: {} ({})", clean(&load.id), clean(&load.title), load.made());
        for table in tables(load) {
            text.push_str(&table.columns(options));
        }
        for (name, spark) in
            load.systems.iter().filter_map(|system| Some((&system.name, sparkline(system, options.unicode)?)))
        {
            let _ = writeln!(text, "  {} over time  {spark}", clean(name));
        }
        for line in faults(load).iter().chain(&errors(load)).chain(&verified(load)) {
            let _ = writeln!(text, "  {line}");
        }
        text.push('\n');
    }
    notes(report).iter().for_each(|note| text.push_str(&format!("note  {note}\n")));
    compared.iter().for_each(|compared| text.push_str(&comparison_terminal(compared, options)));
    if let Some((table, conclusion)) = goals::goals(report) {
        let (table, command) = (table.columns(options), clean(&report.run.command));
        let _ = write!(text, "goals\n{table}{conclusion}\nrepeat  {command}\n");
    }
    text
}

/// For a pull request.
pub(super) fn bench_markdown(report: &BenchReport, compared: Option<&Comparison>) -> String {
    let mut text = "## Throughput\n".to_owned();
    for load in &report.loads {
        let _ = write!(text, "\n### {}\n\n{} ({})\n\n", clean(&load.id), clean(&load.title), load.made());
        let tables: Vec<String> = tables(load).map(|table| table.markdown()).collect();
        text.push_str(&tables.join("\n"));
        let lines = faults(load).into_iter().chain(errors(load)).chain(verified(load));
        lines.for_each(|line| text.push_str(&format!("\n{line}\n")));
    }
    notes(report).iter().for_each(|note| text.push_str(&format!("\n_{note}_\n")));
    if let Some((table, conclusion)) = goals::goals(report) {
        let _ = write!(text, "\n## Goals\n\n{}\n{conclusion}\n", table.markdown());
    }
    let _ = write!(text, "\nRepeat: `{}`\n", clean(&report.run.command));
    compared.iter().for_each(|compared| text.push_str(&format!("\n{}", comparison_markdown(compared))));
    text
}

/// The same for comparisons.
pub fn comparison_terminal(comparison: &Comparison, options: &Options) -> String {
    let mut text = format!("{} against {}\n", clean(&comparison.after), clean(&comparison.before));
    text.push_str(&differences(comparison).columns(options));
    let _ = writeln!(text, "{}", conclusion(comparison));
    text
}

/// A comparison for a pull request.
pub(super) fn comparison_markdown(comparison: &Comparison) -> String {
    let (after, before) = (clean(&comparison.after), clean(&comparison.before));
    let table = differences(comparison).markdown();
    format!("## Speed of {after} against {before}\n\n{table}\n{}\n", conclusion(comparison))
}

/// What was measured, in tables that have rows.
fn tables(load: &LoadReport) -> impl Iterator<Item = Table> {
    [operations(load), unpacking(load), usage(load)].into_iter().filter(|table| !table.rows.is_empty())
}

pub(super) fn operations(load: &LoadReport) -> Table {
    let head = [
        "operation",
        "system",
        "done",
        "errors",
        "per s",
        "MB/s",
        "mean",
        "p50",
        "p90",
        "p99",
        "p99.9",
        "max",
        "first byte p50",
    ];
    let mut rows = Vec::new();
    let kinds: std::collections::BTreeSet<&String> =
        load.systems.iter().flat_map(|system| system.operations.keys()).collect();
    for kind in kinds {
        for system in &load.systems {
            let Some(operation) = system.operations.get(kind) else { continue };
            let Times { mean_us, p50_us, p90_us, p99_us, p999_us, max_us, .. } = operation.latency;
            let mut row = vec![
                kind.clone(),
                system.name.clone(),
                operation.count.to_string(),
                operation.errors.to_string(),
                number(rate(operation.count, system.wall_us())),
                number(rate(operation.bytes, system.wall_us()) / 1e6),
                time(mean_us),
            ];
            row.extend([p50_us, p90_us, p99_us, p999_us, max_us].map(|us| time(us as f64)));
            row.push(operation.first_byte.as_ref().map_or_else(|| "-".into(), |times| time(times.p50_us as f64)));
            rows.push(row);
        }
    }
    Table::new(head.map(str::to_owned).into(), rows)
}

pub(super) fn usage(load: &LoadReport) -> Table {
    let head = [
        "system",
        "storage requests per operation",
        "of which",
        "storage in",
        "storage out",
        "CPU per operation",
        "peak memory",
    ];
    let row = |system: &SystemReport| {
        let operations = (system.count() + system.failed()).max(1);
        let storage = system.storage.as_ref();
        let each = |bytes: u64| size(bytes as f64 / operations as f64);
        let of_which = storage.map(|storage| {
            let mut most: Vec<_> = storage.by_operation.iter().collect();
            most.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), (*name).clone()));
            let one =
                |(name, count): &(&String, &u64)| format!("{name} {}", number(**count as f64 / operations as f64));
            most.iter().take(4).map(one).collect::<Vec<_>>().join(", ")
        });
        let cpu = system.resources.map(|resources| time(resources.cpu_us as f64 / operations as f64));
        let cells = [
            Some(system.name.clone()),
            system.storage_per_operation().map(number),
            of_which,
            storage.map(|storage| each(storage.bytes_in)),
            storage.map(|storage| each(storage.bytes_out)),
            cpu,
            system.resources.map(|resources| size(resources.peak_bytes as f64)),
        ];
        cells.map(|cell| cell.unwrap_or_else(|| "-".into())).into()
    };
    Table::new(head.map(str::to_owned).into(), load.systems.iter().map(row).collect())
}

/// Transfer and unpacking of compressed layers; no rows where nothing was unpacked.
pub(super) fn unpacking(load: &LoadReport) -> Table {
    let head = ["operation", "system", "pull p50", "transfer p50", "unpacking p50", "unpacked MB/s of work", "ratio"];
    let mut rows = Vec::new();
    for system in &load.systems {
        for (kind, operation) in &system.operations {
            let Some(unpacking) = &operation.unpacking else { continue };
            let work_us = (unpacking.work.mean_us * operation.count as f64) as u64;
            let times =
                [&operation.latency, &unpacking.transfer, &unpacking.work].map(|times| time(times.p50_us as f64));
            let mut row = vec![kind.clone(), system.name.clone()];
            row.extend(times);
            row.push(number(rate(unpacking.bytes, work_us) / 1e6));
            row.push(number(unpacking.bytes as f64 / operation.bytes.max(1) as f64));
            rows.push(row);
        }
    }
    Table::new(head.map(str::to_owned).into(), rows)
}

pub(super) fn errors(load: &LoadReport) -> Vec<String> {
    let of = |system: &SystemReport| {
        let name = system.name.clone();
        let failed = system.errors.iter().map(|(cause, count)| format!("errors of {name}: {count} x {cause}"));
        let cut = (system.abandoned > 0).then(|| format!("cut off on {name}: {} operations", system.abandoned));
        failed.chain(cut).map(|line| clean(&line)).collect::<Vec<_>>()
    };
    load.systems.iter().flat_map(of).collect()
}

/// What became of acknowledged pushes.
pub(super) fn verified(load: &LoadReport) -> Vec<String> {
    let of = |system: &SystemReport| {
        let Some(read_back) = &system.verification else { return Vec::new() };
        let (name, all) = (&system.name, read_back.verified + read_back.lost());
        let mut lines = vec![match read_back.lost() {
            0 => format!("nothing lost on {name}: {all} acknowledged pushes read back"),
            lost => format!("LOST on {name}: {lost} of {all} acknowledged pushes"),
        }];
        lines.extend(read_back.lost.iter().map(|(cause, count)| format!("lost on {name}: {count} x {cause}")));
        lines.extend(read_back.named.iter().map(|named| format!("lost on {name}: for instance {named}")));
        let skipped = (read_back.unverified > 0).then(|| format!("not read back on {name}: {}", read_back.unverified));
        lines.into_iter().chain(skipped).map(|line| clean(&line)).collect()
    };
    load.systems.iter().flat_map(of).collect()
}

/// The faults of the storage, how often each struck, and how that was borne.
pub(super) fn faults(load: &LoadReport) -> Vec<String> {
    let of = |system: &SystemReport| {
        let struck = system.faults.iter().map(|(fault, counts)| (fault, counts.iter().sum::<u64>()));
        let line = |(fault, count)| clean(&format!("fault under {}: {fault}, {count} x", system.name));
        struck.map(line).chain(borne(system, load.interval_us)).collect::<Vec<_>>()
    };
    load.systems.iter().flat_map(of).collect()
}

fn borne(system: &SystemReport, interval_us: u64) -> Option<String> {
    let Borne { before, goodput, after } = recovery::borne(system, interval_us)?;
    let name = &system.name;
    let before = before.map(|pace| format!(", {} before them", number(pace))).unwrap_or_default();
    let after = match after {
        After::Recovered(us) => format!("; as fast again within {}", time((us + interval_us) as f64)),
        After::Slower(us) => format!("; NOT as fast again in the {} that followed", time(us as f64)),
        After::Unknown => String::new(),
    };
    Some(clean(&format!("faults under {name}: {} operations a second went well{before}{after}", number(goodput))))
}

pub(super) fn notes(report: &BenchReport) -> Vec<&'static str> {
    let interrupted = "interrupted: what is shown was measured, but there is less of it than was asked for";
    let slow = "shakedown was built without optimisation: counts hold, times say nothing (cargo run --release)";
    let notes = [(report.run.interrupted, interrupted), (!report.run.optimised, slow)];
    notes.into_iter().filter(|(holds, _)| *holds).map(|(_, note)| note).collect()
}

pub(super) fn differences(comparison: &Comparison) -> Table {
    let head = ["load", "metric", "before", "after", "change", "interval", "noise", "verdict"];
    let row = |row: &Row| {
        let interval = format!("{} to {}", percent(row.low - 1.0), percent(row.high - 1.0));
        let shown = if row.gates { "" } else { " (shown only)" };
        vec![
            row.load.clone(),
            row.metric.clone(),
            value(row.before, &row.unit),
            value(row.after, &row.unit),
            percent(row.ratio - 1.0),
            if row.exact { "exact".into() } else { interval },
            if row.exact { "-".into() } else { format!("{:.1} %", row.noise * 100.0) },
            format!("{}{shown}", row.judgement),
        ]
    };
    Table::new(head.map(str::to_owned).into(), comparison.rows.iter().map(row).collect())
}

pub(super) fn conclusion(comparison: &Comparison) -> String {
    let worse: Vec<String> =
        comparison.regressions().map(|row| clean(&format!("{} of {}", row.metric, row.load))).collect();
    let limits = format!(
        "threshold {}, intervals {} sure",
        percent(comparison.threshold).trim_start_matches('+'),
        percent(comparison.confidence).trim_start_matches('+')
    );
    let apart = if comparison.interleaved { "" } else { "; not interleaved: machine and day may differ, too" };
    if worse.is_empty() {
        format!("no regression ({limits}{apart})")
    } else {
        format!("REGRESSED: {} ({limits}{apart})", worse.join(", "))
    }
}

/// Finished operations over time in a line of at most 60 characters.
fn sparkline(system: &SystemReport, unicode: bool) -> Option<String> {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    const ASCII: [char; 8] = ['_', '.', ':', '-', '=', '+', '*', '#'];
    let bars = if unicode { BARS } else { ASCII };
    let points = &system.timeline;
    let group = points.len().div_ceil(60).max(1);
    // The last group may be shorter; it would look like a fall.
    let counts: Vec<u64> =
        points.chunks_exact(group).map(|group| group.iter().map(|point| point.count).sum()).collect();
    let most = *counts.iter().max().filter(|most| **most > 0)?;
    (counts.len() > 2).then(|| counts.iter().map(|count| bars[(count * 7 / most) as usize]).collect())
}

fn value(value: f64, unit: &str) -> String {
    match unit {
        "us" => time(value),
        "bytes/s" => format!("{}/s", size(value)),
        unit => format!("{} {unit}", number(value)),
    }
}

pub(super) fn percent(share: f64) -> String {
    let sign = if share >= 0.0 { "+" } else { "" };
    let text = format!("{sign}{:.1} %", share * 100.0);
    text.replace("-0.0 %", "+0.0 %")
}

/// A number with about three digits.
pub(super) fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// The same for a round value at an axis.
pub(super) fn round(text: &str) -> String {
    let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
    let number = if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number };
    format!("{number} {unit}").trim_end().to_owned()
}

pub(super) fn time(us: f64) -> String {
    match us {
        us if us >= 1e6 => format!("{} s", number(us / 1e6)),
        us if us >= 1e3 => format!("{} ms", number(us / 1e3)),
        us => format!("{us:.0} us"),
    }
}

pub(super) fn size(bytes: f64) -> String {
    let units = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)];
    match units.into_iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => format!("{} {name}", number(bytes / unit)),
        None => format!("{bytes:.0} B"),
    }
}
