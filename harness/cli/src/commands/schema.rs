//! `shakedown schema`: the JSON schemas of the file formats.

use crate::exit::Exit;
use crate::output::{Failure, Output};

/// The formats that have a schema.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Scenario files.
    #[default]
    Scenario,
    /// System files.
    System,
    /// Load scenarios, for `bench`.
    Load,
    /// The report, `shakedown.report/v1`.
    Report,
    /// One event of a run, a line of ndjson.
    Event,
    /// A measurement, `shakedown.bench/v1`.
    Bench,
}

/// Print the JSON schema of scenario files, of system files, of loads, of the report, of events or of measurements
#[derive(Debug, clap::Args)]
#[command(after_help = "Editors use it for completion. Put this line at the top of a scenario file:
  # yaml-language-server: $schema=scenario.schema.json
and make the file by: shakedown schema > scenario.schema.json")]
pub struct Args {
    /// Which
    #[arg(value_enum, default_value_t)]
    format: Format,
}

/// Prints the schema to standard output.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let schema = match args.format {
        Format::Scenario => pretty(&shakedown_scenario::schema()),
        Format::System => pretty(&shakedown_engine::SystemFile::schema()),
        Format::Load => pretty(&shakedown_load::LoadFile::schema()),
        Format::Report => shakedown_reports::schema().trim_end().to_owned(),
        Format::Event => shakedown_reports::event_schema().trim_end().to_owned(),
        Format::Bench => shakedown_reports::bench_schema().trim_end().to_owned(),
    };
    output.line(&schema);
    Ok(Exit::Passed)
}

fn pretty(schema: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(schema).expect("a schema is JSON")
}
