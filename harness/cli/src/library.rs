//! Scenario files for commands: as the library of files gives them, with mistakes printed. Not here: where files come from
//! (`shakedown-library`).

use shakedown_library as files;
pub use shakedown_library::{Files, Kind, Loaded, Selection, built_in, built_in_loads, given};
use shakedown_scenario::Plan;

use crate::exit::Exit;
use crate::output::{Failure, Output};

/// Finds and checks scenario files.
///
/// # Errors
/// A path that is not there.
pub fn load(selection: &Selection<'_>) -> Result<Loaded, Failure> {
    files::load(selection).map_err(Failure::usage)
}

/// Like [`load`], but any mistake is printed and ends the command: nothing runs.
///
/// # Errors
/// A path that is not there, or the number of mistakes.
pub fn load_valid(selection: &Selection<'_>, output: &Output) -> Result<Vec<Plan>, Failure> {
    let loaded = load(selection)?;
    if loaded.problems.is_empty() {
        return Ok(loaded.plans);
    }
    output.print(&shakedown_scenario::render(&loaded.problems, output.color));
    let count = loaded.problems.len();
    let mistakes = if count == 1 { "1 mistake".to_owned() } else { format!("{count} mistakes") };
    Err(Failure { message: format!("{mistakes} in the scenario files; nothing ran"), exit: Exit::Usage })
}
