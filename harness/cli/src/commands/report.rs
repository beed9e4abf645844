//! `shakedown report IN.json`: renders a report, a measurement or a comparison again, in any format it has.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use shakedown_reports::bench::{
    BENCH_SCHEMA, BenchReport, COMPARISON_SCHEMA, Comparison, FORMS, Form, bench_terminal, comparison_terminal,
};
use shakedown_reports::{Format, Options, REPORT_SCHEMA, Report};

use super::compare;
use crate::exit::Exit;
use crate::output::{Failure, Output};
use crate::progress;
use crate::reports::{Target, write_text};

/// Render a report of `run`, `demo`, `bench` or `compare` that was written before, in any format
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shakedown report shakedown-report/report.json --format junit > junit.xml
  shakedown report shakedown-report/report.json --report html=report.html --report badge=badge.svg
  shakedown report shakedown-report/bench.json --report html=speed.html")]
pub struct Args {
    /// The JSON report
    file: PathBuf,
    /// The format (`shakedown list --formats`)
    #[arg(long, default_value = "terminal", env = "SHAKEDOWN_FORMAT")]
    format: String,
    /// Write files instead: FORMAT=PATH; may be given more than once
    #[arg(long = "report", value_name = "FORMAT=PATH", value_parser = Target::parse, env = "SHAKEDOWN_REPORT", value_delimiter = ',')]
    reports: Vec<Target>,
}

/// Prints the rendered report, or writes the files.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let format = Format::named(&args.format).ok_or_else(|| {
        Failure::usage(format!("there is no format `{}`; see `shakedown list --formats`", args.format))
    })?;
    let written = Written::read(&args.file)?;
    if args.reports.is_empty() {
        output.print(&written.text(format, &progress::options(output))?);
    }
    for target in &args.reports {
        write_text(&target.path, &written.text(target.format, &Options::default())?)?;
        output.note(&format!("report  {}", target.path.display()));
    }
    Ok(Exit::Passed)
}

/// What a file holds.
enum Written {
    Run(Box<Report>),
    Measurement(Box<BenchReport>, Option<Comparison>),
    Comparison(Comparison),
}

/// What every file of ours says first.
#[derive(serde::Deserialize)]
struct Named {
    schema: String,
}

impl Written {
    fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display();
        let text =
            std::fs::read_to_string(path).map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
        let schema = parse::<Named>(path, &text, REPORT_SCHEMA)?.schema;
        match schema.as_str() {
            REPORT_SCHEMA => Ok(Self::Run(Box::new(parse(path, &text, REPORT_SCHEMA)?))),
            BENCH_SCHEMA => {
                let report: BenchReport = parse(path, &text, BENCH_SCHEMA)?;
                let turns = shakedown_load::took_turns(&report);
                let compared = turns.then(|| compare::interleaved(&report, compare::THRESHOLD)).transpose()?;
                Ok(Self::Measurement(Box::new(report), compared))
            }
            COMPARISON_SCHEMA => Ok(Self::Comparison(parse(path, &text, COMPARISON_SCHEMA)?)),
            other => Err(Failure::usage(format!(
                "{name} is a {other}, this version reads {REPORT_SCHEMA}, {BENCH_SCHEMA} and {COMPARISON_SCHEMA}"
            ))),
        }
    }

    /// Only what is for people looks at a terminal.
    fn text(&self, format: &'static Format, options: &Options) -> Result<String, Failure> {
        let form = || {
            let names = || FORMS.iter().map(|form| form.name).collect::<Vec<_>>().join(", ");
            let lacking = || format!("measurements have no format `{}`, only {}", format.name, names());
            Form::named(format.name).ok_or_else(|| Failure::usage(lacking()))
        };
        let people = format.name == "terminal";
        let options = if people { *options } else { Options::default() };
        Ok(match self {
            Self::Run(report) => format.text(report, &options),
            Self::Measurement(report, compared) if people => bench_terminal(report, compared.as_ref(), &options),
            Self::Measurement(report, compared) => (form()?.bench)(report, compared.as_ref()),
            Self::Comparison(comparison) if people => comparison_terminal(comparison, &options),
            Self::Comparison(comparison) => (form()?.comparison)(comparison),
        })
    }
}

fn parse<T: DeserializeOwned>(path: &Path, text: &str, schema: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| Failure::usage(format!("{} is not a {schema}: {error}", path.display())))
}
