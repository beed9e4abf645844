//! `shakedown verify`: is a bundle of `qualify --bundle` as it was written? Offline.

use std::path::PathBuf;

use crate::commands::qualify::bundle;
use crate::exit::Exit;
use crate::output::{Failure, Output};

/// Check a bundle of `shakedown qualify --bundle`: every byte, nothing missing, nothing beside it, verdicts that follow from the results
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: shakedown verify qualification
Exit code 1: a file is changed, missing or not of the bundle. `sha256sum --check MANIFEST.sha256` checks the bytes without shakedown.")]
pub struct Args {
    /// The folder
    bundle: PathBuf,
}

/// Checks and says what is wrong.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let (files, wrong) = bundle::verify(&args.bundle)?;
    for line in &wrong {
        output.line(line);
    }
    if wrong.is_empty() {
        output.line(&format!("{files} files are as they were written, and the verdicts follow from the results"));
        return Ok(Exit::Passed);
    }
    output.line(&format!("{} of {files} files or verdicts are not sound", wrong.len()));
    Ok(Exit::Failed)
}
