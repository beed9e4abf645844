//! `shakedown selftest`: is each seeded defect caught, and does nothing fail without one? Does `qualify` see each quirk of the mock (`quirks`)?

mod quirks;

use std::fmt::Write;
use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use shakedown_engine::{DefectRow, SelftestEvent, SelftestResult, Thoroughness};

use shakedown_probe::Level;

use crate::commands::run::{self, SelectArgs, TargetArgs};
use crate::exit::Exit;
use crate::output::{Failure, Output};

/// Run the scenarios against each seeded defect and each allowed behaviour of the reference registry, and print what caught what
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A check that has never been seen failing is not a check: every defect must be caught by a scenario, by checks of the
rules that it breaks. No scenario may fail on the registry without defects, and no conformance scenario on one that does what is allowed.
Unless only some scenarios or defects are chosen, `qualify` is asked of each quirk profile, too: exactly the probes that it names must fail.

Examples: shakedown selftest    shakedown selftest --tag conformance    shakedown selftest --defect blob-without-digest --full"
)]
pub struct Args {
    /// Scenario files and folders [default: ./scenarios, else the built-in set]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    select: SelectArgs,
    #[command(flatten)]
    target: TargetArgs,
    /// Runs every scenario against every defect; else each defect until it is caught
    #[arg(long)]
    full: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Prints the matrix.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let plans = run::select(&args.paths, &args.select, output)?;
    let mut options = args.target.single(&args.select, output)?;
    let interrupt = shakedown_engine::Interrupt::new();
    options.interrupt = interrupt.clone();
    super::on_interrupt(move || interrupt.trigger());
    let thoroughness = if args.full { Thoroughness::Full } else { Thoroughness::UntilCaught };
    let progress = bar(output);
    let level = if args.full { Level::Heavy } else { Level::Quick };
    let rows = if args.is_all() {
        quirks::ask(level, &options.interrupt, |row| step(&progress, output, &row.profile))
    } else {
        Vec::new()
    };
    let result = shakedown_engine::selftest(&plans, &options, thoroughness, |event| match event {
        SelftestEvent::CleanStarted => progress.set_message(format!("{} scenarios without a defect", plans.len())),
        SelftestEvent::CleanFinished { rows, .. } => progress.set_length(rows as u64),
        SelftestEvent::DefectFinished(row) => step(&progress, output, &row.id),
        SelftestEvent::AllowedFinished(row) => step(&progress, output, &row.id),
    });
    progress.finish_and_clear();
    if args.json {
        let mut json = serde_json::to_value(&result).expect("rows are plain data");
        json["quirks"] = serde_json::to_value(&rows).expect("rows are plain data");
        output.line(&serde_json::to_string_pretty(&json).expect("a value is JSON"));
    } else {
        output.print(&matrix(&result, args.full));
        if args.is_all() {
            output.print(&quirks::show(&rows));
        }
    }
    match run::conclude(result.ending, output)? {
        Exit::Passed if !rows.iter().all(quirks::Row::is_right) => Ok(Exit::Failed),
        exit => Ok(exit),
    }
}

impl Args {
    /// Nothing is chosen, so all is meant.
    fn is_all(&self) -> bool {
        let select = &self.select;
        self.paths.is_empty() && select.filter.is_none() && select.tags.is_empty() && !self.target.seeds_defects()
    }
}

fn bar(output: &Output) -> ProgressBar {
    let target = if output.progress { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style =
        ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {wide_msg}").expect("the template is valid");
    ProgressBar::with_draw_target(None, target).with_style(style)
}

fn step(progress: &ProgressBar, output: &Output, id: &str) {
    progress.inc(1);
    progress.set_message(id.to_owned());
    if output.verbose > 0 {
        output.note(id);
    }
}

/// Most scenarios named in a row, unless all were run.
const NAMED: usize = 3;

fn matrix(result: &SelftestResult, full: bool) -> String {
    let mut text = String::new();
    let marks = |row: &DefectRow| [row.breaks.join(" "), row.incidents.join(" ")].join(" ").trim().to_owned();
    let id = result.rows.iter().map(|row| row.id.len()).max().unwrap_or(0);
    let width = result.rows.iter().map(|row| marks(row).len()).max().unwrap_or(0);
    for row in &result.rows {
        let line = format!("{:id$}  {:width$}  {}", row.id, marks(row), caught(row, full));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    for row in &result.allowed {
        let verdict = match row.failed.as_slice() {
            [] => format!("passes {} scenarios", row.ran),
            failed => format!("FALSE ALARM of {}", failed.join(", ")),
        };
        let _ = writeln!(text, "{:id$}  {:width$}  {verdict}", row.id, "allowed");
    }
    for id in &result.false_alarms {
        let _ = writeln!(text, "FALSE ALARM  {id} fails on the registry without defects");
    }
    if !result.out_of_scope.is_empty() {
        let _ = writeln!(
            text,
            "not looked for, because no chosen scenario speaks of them: {}",
            result.out_of_scope.join(", ")
        );
    }
    let caught = result.rows.iter().filter(|row| row.is_caught()).count();
    let tolerated = result.allowed.iter().filter(|row| row.failed.is_empty()).count();
    let _ = writeln!(
        text,
        "{caught} of {} defects caught, {tolerated} of {} allowed behaviours pass, {} false alarms in {} scenarios",
        result.rows.len(),
        result.allowed.len(),
        result.false_alarms.len(),
        result.clean.len()
    );
    text
}

/// What caught a defect, with the broken rules whose checks failed.
fn caught(row: &DefectRow, full: bool) -> String {
    if row.caught_by.is_empty() {
        return format!("NOT CAUGHT by any of {} scenarios", row.ran);
    }
    let named = if full { usize::MAX } else { NAMED };
    let ours = |rules: &std::collections::BTreeSet<String>| {
        let known = row.breaks.iter().chain(&row.incidents).filter(|id| rules.contains(*id));
        known.map(String::as_str).collect::<Vec<_>>().join(" ")
    };
    // Those that saw what it breaks come first.
    let mut by: Vec<_> = row.caught_by.iter().map(|catch| (ours(&catch.rules), catch.scenario.as_str())).collect();
    by.sort_by_key(|(rules, _)| rules.is_empty());
    let show = |(rules, scenario): &(String, &str)| match rules.as_str() {
        "" => (*scenario).to_owned(),
        rules => format!("{scenario} ({rules})"),
    };
    let shown: Vec<String> = by.iter().take(named).map(show).collect();
    let more = by.len().saturating_sub(named);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let unseen = match row.unseen.as_slice() {
        [] => "caught by".to_owned(),
        rules => format!("NO CHECK OF {} SAW IT; seen by", rules.join(" ")),
    };
    format!("{unseen} {}{more}", shown.join(", "))
}
