//! The `shakedown` command: arguments in, output and exit code out. The only crate that prints.
//!
//! One file per command in `commands/`, one line each in the `Command` list. What a command does is the engine's.
//! A library, so that the tests load scenario files exactly as the command does.

mod baseline;
pub mod catalogue;
mod certification;
mod commands;
mod credentials;
mod exit;
mod filter;
pub mod library;
mod output;
mod progress;
mod reports;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::commands::{
    audit, bench, check, compare, completions, demo, doctor, explain, gc, init, list, merge, proxy, qualify, report,
    run, schema, selftest, serve, verify, watch,
};
pub use crate::exit::Exit;
use crate::output::ColorChoice;
pub use crate::output::{Failure, Output};

/// Conformance, fault-injection and throughput harness for container registries and the S3 under them.
#[derive(Debug, Parser)]
#[command(name = "shakedown", version, about, after_help = exit::HELP, propagate_version = true, max_term_width = 120)]
struct Cli {
    /// When to use colours; NO_COLOR is honoured
    #[arg(long, global = true, value_enum, default_value_t, env = "SHAKEDOWN_COLOR")]
    color: ColorChoice,
    /// Only what went wrong and the last line
    #[arg(short, long, global = true, env = "SHAKEDOWN_QUIET")]
    quiet: bool,
    /// More: -v every scenario and every request served, -vv what the parties say in their logs
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

/// The commands: one line each.
#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Run(Box<run::Args>),
    List(list::Args),
    Check(check::Args),
    Doctor(doctor::Args),
    Init(init::Args),
    Explain(explain::Args),
    Serve(serve::Args),
    Watch(watch::Args),
    Selftest(selftest::Args),
    Bench(Box<bench::Args>),
    Compare(compare::Args),
    Merge(merge::Args),
    Audit(audit::Args),
    Gc(gc::Args),
    Qualify(qualify::Args),
    Verify(verify::Args),
    Proxy(proxy::ProxyArgs),
    Record(proxy::RecordArgs),
    Report(report::Args),
    Schema(schema::Args),
    Completions(completions::Args),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let asked_for = !error.use_stderr();
            // A closed pipe is no reason to fail: `shakedown --help | head` is normal.
            let _ = error.print();
            return if asked_for { Exit::Passed.into() } else { Exit::Usage.into() };
        }
    };
    let output = Output::new(cli.color, cli.quiet, cli.verbose);
    output.start_logging();
    let result = match cli.command {
        Command::Demo(args) => demo::run(&args, &output),
        Command::Run(args) => run::run(&args, &output),
        Command::List(args) => list::run(&args, &output),
        Command::Check(args) => check::run(&args, &output),
        Command::Doctor(args) => doctor::run(&args, &output),
        Command::Init(args) => init::run(&args, &output),
        Command::Explain(args) => explain::run(&args, &output),
        Command::Serve(args) => serve::run(&args, &output),
        Command::Watch(args) => watch::run(&args, &output),
        Command::Selftest(args) => selftest::run(&args, &output),
        Command::Bench(args) => bench::run(&args, &output),
        Command::Compare(args) => compare::run(&args, &output),
        Command::Merge(args) => merge::run(&args, &output),
        Command::Audit(args) => audit::run(&args, &output),
        Command::Gc(args) => gc::run(&args, &output),
        Command::Qualify(args) => qualify::run(&args, &output),
        Command::Verify(args) => verify::run(&args, &output),
        Command::Proxy(args) => proxy::run(&args, &output),
        Command::Record(args) => proxy::record(&args, &output),
        Command::Report(args) => report::run(&args, &output),
        Command::Schema(args) => schema::run(&args, &output),
        Command::Completions(args) => completions::run(&args, Cli::command()),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output.error(&failure.message);
            failure.exit.into()
        }
    }
}
