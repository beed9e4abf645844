//! `shakedown check`: every mistake in scenario files, and those of system files and loads, in one go.

use std::path::{Path, PathBuf};

use shakedown_engine::{SystemFile, SystemFileError};
use shakedown_load::LoadFile;
use shakedown_reports::Finding;
use shakedown_scenario::{Problem, Source};

use crate::exit::Exit;
use crate::library::{self, Files, Kind, Loaded, Selection};
use crate::output::{Failure, Output};

/// Check scenario, system and load files: every mistake in one go, with its place and what to do
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Scenario files and folders, with the system files and loads below [default: ./scenarios, else the built-in set]
    paths: Vec<PathBuf>,
    /// Sets a variable of the scenarios: NAME=VALUE
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = super::name_value)]
    vars: Vec<(String, String)>,
    /// For people, or SARIF 2.1.0 for code scanning
    #[arg(long, value_enum, default_value_t, env = "SHAKEDOWN_CHECK_FORMAT")]
    format: Format,
}

/// How mistakes are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// With the lines of the file around each.
    #[default]
    Text,
    /// SARIF 2.1.0.
    Sarif,
}

/// A file's mistakes, found as a run finds them.
type Checked = fn(&str, &str) -> Vec<Problem>;

/// Each kind of file beside scenarios, what it is called here, and what checks it.
const OTHERS: [(Kind, &str, Checked); 2] = [(Kind::System, "systems", system), (Kind::Load, "loads", load_file)];

/// Prints the mistakes and how many files are fine.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let mut loaded = scenarios(args)?;
    let mut counts = Vec::new();
    for (kind, name, check) in OTHERS {
        let files = kind.files(&args.paths).map_err(Failure::usage)?;
        loaded.problems.extend(files.iter().flat_map(|file| checked(file, check)));
        loaded.files += files.len();
        counts.push(format!("{} {name}", files.len()));
    }
    if loaded.files == 0 {
        return Err(Failure { message: "there is no scenario file (*.yaml) there".to_owned(), exit: Exit::Nothing });
    }
    let exit = if loaded.problems.is_empty() { Exit::Passed } else { Exit::Usage };
    if args.format == Format::Sarif {
        let findings: Vec<_> = loaded.problems.iter().map(finding).collect();
        output.print(&shakedown_reports::sarif(env!("CARGO_PKG_VERSION"), &findings));
        return Ok(exit);
    }
    output.print(&shakedown_scenario::render(&loaded.problems, output.color));
    let (files, scenarios, others, problems) =
        (loaded.files, loaded.plans.len(), counts.join(", "), loaded.problems.len());
    output.line(&format!("{files} files, {scenarios} scenarios, {others}, {problems} mistakes"));
    Ok(exit)
}

/// The scenarios of the paths. Where files of other kinds alone are given, none: not the default.
fn scenarios(args: &Args) -> Result<Loaded, Failure> {
    let is_other = |path: &PathBuf| !path.is_dir() && Kind::ALL.iter().any(|kind| kind.is(&path.to_string_lossy()));
    let paths: Vec<_> = args.paths.iter().filter(|path| !is_other(path)).cloned().collect();
    if paths.is_empty() && !args.paths.is_empty() {
        return Ok(Loaded::default());
    }
    library::load(&Selection { paths: &paths, vars: &args.vars, secrets: &[] })
}

fn checked(file: &str, check: Checked) -> Vec<Problem> {
    match Files.read(file) {
        Ok(text) => check(file, &text),
        Err(error) => vec![Problem::elsewhere(file, 0, 0, error.to_string())],
    }
}

/// The first mistake of a system file.
fn system(file: &str, text: &str) -> Vec<Problem> {
    let stem = Path::new(file).file_stem().unwrap_or_default().to_string_lossy();
    SystemFile::parse(&stem, text).err().map(|error| at_its_place(file, error)).into_iter().collect()
}

/// What of a load cannot be read, or everything that makes no sense.
fn load_file(file: &str, text: &str) -> Vec<Problem> {
    match shakedown_engine::parse_yaml::<LoadFile>(file, text) {
        Ok(load) => load.problems().into_iter().map(|problem| Problem::elsewhere(file, 0, 0, problem)).collect(),
        Err(error) => vec![at_its_place(file, error)],
    }
}

fn at_its_place(file: &str, error: SystemFileError) -> Problem {
    let place = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    Problem::elsewhere(file, place(error.line), place(error.column), error.message)
}

fn finding(problem: &Problem) -> Finding {
    Finding {
        file: problem.file.clone(),
        line: problem.line,
        column: problem.column,
        message: problem.message.clone(),
        help: problem.help.clone(),
    }
}
