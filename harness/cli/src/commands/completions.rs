//! `shakedown completions`: completion scripts for shells.

use clap_complete::Shell;

use crate::exit::Exit;
use crate::output::Failure;

/// Print a completion script for your shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: shakedown completions bash > ~/.local/share/bash-completion/completions/shakedown")]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script to standard output.
#[expect(clippy::unnecessary_wraps, reason = "every command has this signature")]
pub fn run(args: &Args, mut command: clap::Command) -> Result<Exit, Failure> {
    clap_complete::generate(args.shell, &mut command, "shakedown", &mut std::io::stdout());
    Ok(Exit::Passed)
}
