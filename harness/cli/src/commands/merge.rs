//! `shakedown merge`: the parts of a load that was spread over several machines become one report.

use std::path::PathBuf;

use shakedown_reports::bench::bench_terminal;

use super::compare;
use crate::exit::Exit;
use crate::output::{Failure, Output};
use crate::progress;
use crate::reports::write_text;

/// Join the reports of `shakedown bench --shard I/N` into one: counts and histograms add up exactly
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: shakedown merge part-1.json part-2.json --out whole.json")]
pub struct Args {
    /// The reports of all parts
    #[arg(required = true)]
    parts: Vec<PathBuf>,
    /// The file for the whole
    #[arg(long, value_name = "FILE", default_value = "shakedown-report/bench.json", env = "SHAKEDOWN_MERGED")]
    out: PathBuf,
}

/// Joins, prints and writes.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let parts = args.parts.iter().map(|path| compare::read(path)).collect::<Result<Vec<_>, _>>()?;
    let whole = shakedown_load::merge(parts).map_err(|error| Failure::usage(error.to_string()))?;
    output.print(&bench_terminal(&whole, None, &progress::options(output)));
    write_text(&args.out, &(serde_json::to_string_pretty(&whole).expect("a report is JSON") + "\n"))?;
    output.note(&format!("report  {}", args.out.display()));
    Ok(Exit::Passed)
}
