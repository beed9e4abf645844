//! `shakedown check`: every mistake in scenario files, and the first one in each system file, in one go.

use std::path::{Path, PathBuf};

use shakedown_engine::SystemFile;
use shakedown_reports::Finding;
use shakedown_scenario::{Problem, Source};

use crate::exit::Exit;
use crate::library::{self, Files, Loaded, Selection};
use crate::output::{Failure, Output};

/// Check scenario and system files: every mistake in one go, with its place and what to do
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Scenario files and folders, with the system files in their `systems` folders [default: ./scenarios, else the built-in set]
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

/// Prints the mistakes and how many files are fine.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let (mut loaded, systems) = load(args)?;
    if loaded.files + systems.len() == 0 {
        return Err(Failure { message: "there is no scenario file (*.yaml) there".to_owned(), exit: Exit::Nothing });
    }
    loaded.problems.extend(systems.iter().filter_map(|file| system(file).err()));
    let exit = if loaded.problems.is_empty() { Exit::Passed } else { Exit::Usage };
    if args.format == Format::Sarif {
        let findings: Vec<_> = loaded.problems.iter().map(finding).collect();
        output.print(&shakedown_reports::sarif(env!("CARGO_PKG_VERSION"), &findings));
        return Ok(exit);
    }
    output.print(&shakedown_scenario::render(&loaded.problems, output.color));
    let (files, problems) = (loaded.files + systems.len(), loaded.problems.len());
    let (scenarios, systems) = (loaded.plans.len(), systems.len());
    output.line(&format!("{files} files, {scenarios} scenarios, {systems} systems, {problems} mistakes"));
    Ok(exit)
}

/// The scenarios of the paths, and the names of their system files.
fn load(args: &Args) -> Result<(Loaded, Vec<String>), Failure> {
    let systems = library::system_files(&args.paths)?;
    let (only_systems, paths): (Vec<_>, Vec<_>) =
        args.paths.iter().cloned().partition(|path| library::is_of_systems(&path.to_string_lossy()));
    if paths.is_empty() && !only_systems.is_empty() {
        return Ok((Loaded::default(), systems));
    }
    Ok((library::load(&Selection { paths: &paths, vars: &args.vars, secrets: &[] })?, systems))
}

/// Reads a system file as a run would.
fn system(file: &str) -> Result<SystemFile, Problem> {
    let whole = |message: String| Problem::elsewhere(file, 0, 0, message);
    let text = Files.read(file).map_err(|error| whole(error.to_string()))?;
    let stem = Path::new(file).file_stem().unwrap_or_default().to_string_lossy();
    let place = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    SystemFile::parse(&stem, &text)
        .map_err(|error| Problem::elsewhere(file, place(error.line), place(error.column), error.message))
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
