//! Throughput over time: one line for each system, crosses where operations failed, bands where the storage's faults struck.

use super::chart::{Chart, Mark};
use super::plot::{Axis, Plot, Scale};
use crate::bench::model::{LoadReport, Point, SystemReport};
use crate::bench::tables::{Table, number, size};

/// Points of a line; more cannot be seen.
const COLUMNS: usize = 240;
/// Rows of the table below a chart.
const ROWS: usize = 40;
/// Faults that have a strip of their own.
const STRIPS: usize = 6;

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Operations,
    Bytes,
}

impl Of {
    fn count(self, point: &Point) -> u64 {
        match self {
            Self::Operations => point.count,
            Self::Bytes => point.bytes,
        }
    }

    fn word(self, rate: f64) -> String {
        match self {
            Self::Operations => format!("{}/s", number(rate)),
            Self::Bytes => format!("{}/s", size(rate)),
        }
    }
}

/// So much in a part of the time, both in seconds.
struct Column {
    from: f64,
    to: f64,
    rate: f64,
    errors: u64,
}

/// A fault on a system and when it struck, in seconds.
struct Struck<'a> {
    system: &'a str,
    fault: &'a str,
    times: u64,
    spans: Vec<(f64, f64)>,
}

/// The chart, if there is anything to show.
pub(super) fn chart(load: &LoadReport, of: Of, id: &str) -> Option<Chart> {
    let group = load.systems.iter().map(|system| system.timeline.len()).max()?.div_ceil(COLUMNS).max(1);
    let lines: Vec<Vec<Column>> = load.systems.iter().map(|system| columns(load, system, of, group)).collect();
    let all = || lines.iter().flatten();
    let most = all().map(|column| column.rate).fold(0.0, f64::max);
    if most <= 0.0 && of == Of::Bytes {
        return None;
    }
    let end = all().map(|column| column.to).fold(0.0, f64::max);
    let across = Axis::new("seconds of load", Scale::Linear(0.0, end.max(1e-3)), number);
    let (title, name) = match of {
        Of::Operations => ("Operations over time", "operations a second"),
        Of::Bytes => ("Content over time", "bytes a second"),
    };
    let mut plot =
        Plot::new(&across, &Axis::up_to(name, most, |rate| if of == Of::Bytes { size(rate) } else { number(rate) }));
    let struck: Vec<Struck<'_>> = load.systems.iter().flat_map(|system| faults(load, system, group)).collect();
    let mut legend = Vec::new();
    for (strip, fault) in struck.iter().take(STRIPS).enumerate() {
        let about = fault.says();
        fault.spans.iter().for_each(|(from, to)| plot.band(strip, *from, *to, &about));
        legend.push(Mark { class: format!("f{strip}"), text: about });
    }
    for (series, (system, line)) in load.systems.iter().zip(&lines).enumerate() {
        plot.line(&format!("s{series}"), line.iter().map(|column| ((column.from + column.to) / 2.0, column.rate)));
        for column in line.iter().filter(|column| column.errors > 0) {
            plot.cross(&format!("s{series}"), ((column.from + column.to) / 2.0, 0.0));
        }
        legend.push(Mark { class: format!("s{series}"), text: system.name.clone() });
    }
    let mut says: Vec<String> = load.systems.iter().zip(&lines).map(|(system, line)| said(system, line, of)).collect();
    says.extend(struck.iter().map(|fault| format!("{}.", fault.says())));
    if all().any(|column| column.errors > 0) {
        says.push("A cross marks a time in which operations failed.".to_owned());
    }
    let says = says.join(" ");
    Some(Chart { title, svg: plot.svg(id, title, &says), says, legend, table: table(load, &lines, &struck, of) })
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}

fn columns(load: &LoadReport, system: &SystemReport, of: Of, group: usize) -> Vec<Column> {
    let (interval, end) = (seconds(load.interval_us), seconds(system.wall_us()));
    let column = |(number, points): (usize, &[Point])| {
        let from = (number * group) as f64 * interval;
        // The load ends within the last interval: over the whole of it, it would look like a fall.
        let full = from + points.len() as f64 * interval;
        let to = if full > end && end > from { end } else { full };
        let count: u64 = points.iter().map(|point| of.count(point)).sum();
        Column { from, to, rate: count as f64 / (to - from), errors: points.iter().map(|point| point.errors).sum() }
    };
    let mut columns: Vec<Column> = system.timeline.chunks(group).enumerate().map(column).collect();
    // Of a sliver nothing can be said.
    let sliver = |column: &Column| column.to - column.from < interval * group as f64 / 5.0;
    if columns.len() > 1 && columns.last().is_some_and(|last| sliver(last) && last.errors == 0) {
        columns.pop();
    }
    columns
}

fn faults<'a>(load: &LoadReport, system: &'a SystemReport, group: usize) -> Vec<Struck<'a>> {
    let interval = seconds(load.interval_us);
    let of = |(fault, counts): (&'a String, &Vec<u64>)| {
        let mut spans: Vec<(f64, f64)> = Vec::new();
        for (number, counts) in
            counts.chunks(group).enumerate().filter(|(_, counts)| counts.iter().any(|count| *count > 0))
        {
            let from = (number * group) as f64 * interval;
            let to = from + counts.len() as f64 * interval;
            match spans.last_mut().filter(|last| from - last.1 < interval / 2.0) {
                Some(last) => last.1 = to,
                None => spans.push((from, to)),
            }
        }
        Struck { system: &system.name, fault, times: counts.iter().sum(), spans }
    };
    system.faults.iter().map(of).filter(|fault| fault.times > 0).collect()
}

impl Struck<'_> {
    fn says(&self) -> String {
        let (from, to) = (self.spans.first().map_or(0.0, |span| span.0), self.spans.last().map_or(0.0, |span| span.1));
        let times = if self.times == 1 { "once".to_owned() } else { format!("{} times", self.times) };
        let parts = if self.spans.len() > 1 { format!(" in {} parts", self.spans.len()) } else { String::new() };
        format!(
            "Fault put in under {}: {}; it struck {times} between {} s and {} s{parts}",
            self.system,
            self.fault,
            number(from),
            number(to)
        )
    }
}

fn said(system: &SystemReport, line: &[Column], of: Of) -> String {
    let mean = match of {
        Of::Operations => system.per_second(),
        Of::Bytes => system.bytes_per_second(),
    };
    let rates = || line.iter().map(|column| column.rate);
    let (least, most) = (rates().fold(f64::INFINITY, f64::min), rates().fold(0.0, f64::max));
    if line.is_empty() {
        return format!("{}: nothing was measured.", system.name);
    }
    format!("{}: {} on average, at least {}, at most {}.", system.name, of.word(mean), of.word(least), of.word(most))
}

fn table(load: &LoadReport, lines: &[Vec<Column>], struck: &[Struck<'_>], of: Of) -> Table {
    let longest = lines.iter().max_by_key(|line| line.len()).map(Vec::as_slice).unwrap_or_default();
    let step = longest.len().div_ceil(ROWS).max(1);
    let mut head = vec!["from".to_owned()];
    for system in &load.systems {
        head.extend([system.name.clone(), format!("errors of {}", system.name)]);
    }
    if !struck.is_empty() {
        head.push("faults strike".to_owned());
    }
    let rows = (0..longest.len()).step_by(step).map(|at| {
        let (from, to) = (longest[at].from, longest[(at + step).min(longest.len()) - 1].to);
        let mut row = vec![format!("{} s", number(from))];
        for line in lines {
            let part = &line[at.min(line.len())..(at + step).min(line.len())];
            let wide: f64 = part.iter().map(|column| column.to - column.from).sum();
            let amount: f64 = part.iter().map(|column| column.rate * (column.to - column.from)).sum();
            let errors: u64 = part.iter().map(|column| column.errors).sum();
            row.push(if wide > 0.0 { of.word(amount / wide) } else { "-".to_owned() });
            row.push(errors.to_string());
        }
        if !struck.is_empty() {
            let there = struck.iter().any(|fault| fault.spans.iter().any(|span| span.0 < to && from < span.1));
            row.push(if there { "yes" } else { "no" }.to_owned());
        }
        row
    });
    Table::new(head, rows.collect())
}
