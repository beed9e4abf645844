//! `shakedown check`: every mistake in scenario files, in one go.

use std::path::PathBuf;

use crate::exit::Exit;
use crate::library::{self, Selection};
use crate::output::{Failure, Output};

/// Check scenario files: every mistake in one go, with its place and what to do
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Scenario files and folders [default: ./scenarios, else the built-in set]
    paths: Vec<PathBuf>,
    /// Sets a variable of the scenarios: NAME=VALUE
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = super::name_value)]
    vars: Vec<(String, String)>,
}

/// Prints the mistakes and how many files are fine.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let loaded = library::load(&Selection { paths: &args.paths, vars: &args.vars, secrets: &[] })?;
    if loaded.files == 0 {
        return Err(Failure { message: "there is no scenario file (*.yaml) there".to_owned(), exit: Exit::Nothing });
    }
    output.print(&shakedown_scenario::render(&loaded.problems, output.color));
    let (files, problems) = (loaded.files, loaded.problems.len());
    output.line(&format!("{files} files, {} scenarios, {problems} mistakes", loaded.plans.len()));
    Ok(if problems == 0 { Exit::Passed } else { Exit::Usage })
}
