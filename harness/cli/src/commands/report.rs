//! `shakedown report IN.json`: renders a report again, in any format.

use std::path::PathBuf;

use shakedown_reports::{Format, REPORT_SCHEMA, Report};

use crate::exit::Exit;
use crate::output::{Failure, Output};
use crate::progress;

/// Render a report that was written before, in any format
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: shakedown report shakedown-report/report.json --format junit > junit.xml")]
pub struct Args {
    /// The JSON report
    file: PathBuf,
    /// The format (`shakedown list --formats`)
    #[arg(long, default_value = "terminal", env = "SHAKEDOWN_FORMAT")]
    format: String,
}

/// Prints the rendered report.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let format = Format::named(&args.format).ok_or_else(|| {
        Failure::usage(format!("there is no format `{}`; see `shakedown list --formats`", args.format))
    })?;
    let name = args.file.display();
    let text =
        std::fs::read_to_string(&args.file).map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
    let report: Report = serde_json::from_str(&text)
        .map_err(|error| Failure::usage(format!("{name} is not a {REPORT_SCHEMA}: {error}")))?;
    if report.schema != REPORT_SCHEMA {
        return Err(Failure::usage(format!("{name} is a {}, this version reads {REPORT_SCHEMA}", report.schema)));
    }
    let options =
        if args.format == "terminal" { progress::options(output) } else { shakedown_reports::Options::default() };
    output.print(&format.text(&report, &options));
    Ok(Exit::Passed)
}
