//! `shakedown merge`: the parts of a load that was spread over several machines become one report.

use std::path::{Path, PathBuf};

use shakedown_reports::bench::bench_terminal;

use super::compare;
use crate::exit::Exit;
use crate::output::{Failure, Output};
use crate::progress;
use crate::reports::write_text;

/// Join the reports of `shakedown bench --shard I/N` into one: counts and histograms add up exactly
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shakedown merge part-1.json part-2.json --out whole.json
  shakedown merge parts                             all *.json of a folder
  shakedown merge parts --goals                     does the whole reach the goals of its loads? exit 5 if not")]
pub struct Args {
    /// The reports of all parts, or folders with nothing else in them (*.json)
    #[arg(required = true)]
    parts: Vec<PathBuf>,
    /// The file for the whole
    #[arg(long, value_name = "FILE", default_value = "shakedown-report/bench.json", env = "SHAKEDOWN_MERGED")]
    out: PathBuf,
    /// Exit 5 if the first system misses a goal of a load; without it goals are only shown
    #[arg(long, env = "SHAKEDOWN_GOALS")]
    goals: bool,
}

/// Joins, prints and writes.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let paths = args.parts.iter().map(|path| files(path)).collect::<Result<Vec<_>, _>>()?.concat();
    let parts = paths.iter().map(|path| compare::read(path)).collect::<Result<Vec<_>, _>>()?;
    let whole = shakedown_load::merge(parts).map_err(|error| Failure::usage(error.to_string()))?;
    output.print(&bench_terminal(&whole, None, &progress::options(output)));
    write_text(&args.out, &(serde_json::to_string_pretty(&whole).expect("a report is JSON") + "\n"))?;
    output.note(&format!("report  {}", args.out.display()));
    Ok(if args.goals { compare::reached(&whole, output) } else { Exit::Passed })
}

/// The file itself, or the reports of the folder, in the order of their names.
fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let unreadable = |error| Failure::usage(format!("cannot read {}: {error}", path.display()));
    let entries = std::fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(unreadable)?;
    let mut files: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    if files.is_empty() {
        return Err(Failure::usage(format!("{} holds no *.json: give the reports of all parts", path.display())));
    }
    Ok(files)
}
