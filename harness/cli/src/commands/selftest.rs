//! `shakedown selftest`: is each seeded defect caught, and does nothing fail without one?

use std::fmt::Write;
use std::path::PathBuf;

use shakedown_engine::{SelftestEvent, SelftestResult};

use crate::commands::run::{self, SelectArgs, TargetArgs};
use crate::exit::Exit;
use crate::output::{Failure, Output};

/// Run the scenarios against each seeded defect of the reference registry and print which caught it
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A check that has never been seen failing is not a check: every defect must be caught by a scenario, and no
scenario may fail on the registry without defects."
)]
pub struct Args {
    /// Scenario files and folders [default: ./scenarios, else the built-in set]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    select: SelectArgs,
    #[command(flatten)]
    target: TargetArgs,
}

/// Prints the matrix.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let plans = run::select(&args.paths, &args.select, output)?;
    let mut options = args.target.options(&args.select)?;
    let interrupt = shakedown_engine::Interrupt::new();
    options.interrupt = interrupt.clone();
    super::on_interrupt(move || interrupt.trigger());
    let result = shakedown_engine::selftest(&plans, &options, |event| match event {
        SelftestEvent::CleanStarted => output.note(&format!("{} scenarios without a defect ...", plans.len())),
        SelftestEvent::DefectStarted { id } if output.verbose > 0 => output.note(&format!("{id} ...")),
        _ => {}
    });
    output.print(&matrix(&result));
    run::conclude(result.ending, output)
}

/// Most scenarios named in a row.
const NAMED: usize = 3;

fn matrix(result: &SelftestResult) -> String {
    let mut text = String::new();
    let id = result.rows.iter().map(|row| row.id.len()).max().unwrap_or(0);
    let incidents = result.rows.iter().map(|row| row.incidents.join(" ").len()).max().unwrap_or(0);
    for row in &result.rows {
        let mut caught = row.caught_by.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        if row.caught_by.len() > NAMED {
            let _ = write!(caught, " and {} more", row.caught_by.len() - NAMED);
        }
        let verdict = if row.caught_by.is_empty() { "NOT CAUGHT" } else { "caught by" };
        let line = format!("{:id$}  {:incidents$}  {verdict} {caught}", row.id, row.incidents.join(" "));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    for report in result.clean.iter().filter(|report| report.verdict == shakedown_reports::Verdict::Failed) {
        let _ = writeln!(text, "FALSE ALARM  {} fails on the registry without defects", report.id);
    }
    let caught = result.rows.iter().filter(|row| !row.caught_by.is_empty()).count();
    let alarms = result.clean.iter().filter(|report| report.verdict == shakedown_reports::Verdict::Failed).count();
    let _ = writeln!(
        text,
        "{caught} of {} defects caught, {alarms} false alarms in {} scenarios",
        result.rows.len(),
        result.clean.len()
    );
    text
}
