//! `shakedown compare`: is the new one slower? Reads measurements, says what can be said, ends with 5 on a regression.

use std::path::{Path, PathBuf};

use shakedown_load::Sides;
use shakedown_reports::bench::{BENCH_SCHEMA, BenchReport, Comparison, FORMS, Form, comparison_terminal};

use crate::commands::qualify::bundle;
use crate::commands::qualify::versus::versus;
use crate::exit::Exit;
use crate::output::{Failure, Output};
use crate::progress;
use crate::reports::write_text;

/// Percent of difference that nobody cares about.
pub(super) const THRESHOLD: f64 = 3.0;

/// Compare two measurements: regressed, improved, unchanged, or cannot tell; exit 5 on a regression
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shakedown compare before.json after.json         two reports of `shakedown bench`
  shakedown compare A B                            two bundles (or JSON reports) of `shakedown qualify`: store against store
  shakedown compare shakedown-report/bench.json    one report of `shakedown bench --against`, whose systems took turns
Two reports of different days also differ by machine and weather: --against is the sounder way.")]
pub struct Args {
    /// The old measurement; or one whose systems took turns
    before: PathBuf,
    /// The new measurement
    after: Option<PathBuf>,
    /// A difference up to so many percent is of no interest
    #[arg(long, value_name = "PERCENT", default_value_t = THRESHOLD, value_parser = threshold, env = "SHAKEDOWN_THRESHOLD")]
    threshold: f64,
    /// Also write the comparison: html=PATH, markdown=PATH, json=PATH; may be given more than once
    #[arg(long = "report", value_name = "FORMAT=PATH", value_parser = Written::parse, env = "SHAKEDOWN_REPORT", value_delimiter = ',')]
    reports: Vec<Written>,
}

/// A report file of a measurement.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) form: &'static Form,
    pub(super) path: PathBuf,
}

impl Written {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let names = || FORMS.iter().map(|form| form.name).collect::<Vec<_>>().join(", ");
        let (name, path) = text.split_once('=').ok_or_else(|| format!("write FORMAT=PATH, with one of {}", names()))?;
        let form =
            Form::named(name).ok_or_else(|| format!("`{name}` is no format of measurements, only {}", names()))?;
        if path.is_empty() {
            return Err(format!("write {name}=PATH"));
        }
        Ok(Self { form, path: path.into() })
    }
}

/// Compares and prints.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    if let Some(after) = args.after.as_deref().filter(|_| is_qualification(&args.before)) {
        let (text, worse) = versus(&bundle::read(&args.before)?, &bundle::read(after)?);
        output.print(&text);
        return Ok(if worse { Exit::Regression } else { Exit::Passed });
    }
    let before = read(&args.before)?;
    let after = args.after.as_deref().map(read).transpose()?;
    let sides = match &after {
        Some(after) => Sides::Apart { before: &before, after },
        None => Sides::Interleaved(&before),
    };
    let comparison =
        shakedown_load::compare(sides, args.threshold / 100.0).map_err(|error| Failure::usage(error.to_string()))?;
    output.print(&comparison_terminal(&comparison, &progress::options(output)));
    for written in &args.reports {
        let text = (written.form.comparison)(&comparison);
        write_text(&written.path, &text)?;
        output.note(&format!("report  {}", written.path.display()));
    }
    Ok(conclude(&comparison))
}

/// What the systems of one report say of each other; a difference up to `threshold` percent is of no interest.
pub(super) fn interleaved(report: &BenchReport, threshold: f64) -> Result<Comparison, Failure> {
    shakedown_load::compare(Sides::Interleaved(report), threshold / 100.0)
        .map_err(|error| Failure::usage(error.to_string()))
}

/// A bundle, or the report in one.
fn is_qualification(path: &Path) -> bool {
    path.is_dir()
        || std::fs::read_to_string(path).is_ok_and(|text| {
            let value: Option<serde_json::Value> = serde_json::from_str(&text).ok();
            value.is_some_and(|value| value["schema"] == shakedown_probe::Report::SCHEMA)
        })
}

/// The exit code.
pub(super) fn conclude(comparison: &Comparison) -> Exit {
    if comparison.regressions().next().is_some() { Exit::Regression } else { Exit::Passed }
}

/// The exit code where goals are a gate; that there are none is said.
pub(super) fn reached(report: &BenchReport, output: &Output) -> Exit {
    if report.goals().next().is_none() {
        output.note("these loads set no goals, so --goals judges nothing: write `goals:` into a load scenario");
    }
    if report.goals().any(|(_, goal)| goal.is_missed()) { Exit::Regression } else { Exit::Passed }
}

/// A measurement from a file.
pub(super) fn read(path: &Path) -> Result<BenchReport, Failure> {
    let name = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
    let report: BenchReport = serde_json::from_str(&text)
        .map_err(|error| Failure::usage(format!("{name} is not a {BENCH_SCHEMA}: {error}")))?;
    if report.schema != BENCH_SCHEMA {
        return Err(Failure::usage(format!("{name} is a {}, this version reads {BENCH_SCHEMA}", report.schema)));
    }
    Ok(report)
}

/// A share in percent.
pub(super) fn threshold(text: &str) -> Result<f64, String> {
    let percent: f64 = text.parse().map_err(|_| "write a number of percent, e.g. 3".to_owned())?;
    if (0.1..=1000.0).contains(&percent) { Ok(percent) } else { Err("write 0.1 to 1000 percent".to_owned()) }
}
