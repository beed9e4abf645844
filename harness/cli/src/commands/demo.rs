//! `shakedown demo`: three field incidents, front and back side by side, in a few seconds. Real runs, nothing prepared.

use std::fmt::Write;
use std::path::PathBuf;

use shakedown_engine::{Over, RunOptions, SystemChoice};
use shakedown_reports::{Format, Report, RunInfo, ScenarioReport, Verdict, terminal};

use crate::commands::run;
use crate::exit::Exit;
use crate::library::{self, Selection};
use crate::output::{Failure, Output};
use crate::progress;

/// The incidents shown: scenario file, the defect of the registries that have it, what the field saw.
const INCIDENTS: &[(&str, &str, &str)] = &[
    (
        "scenarios/faults/async-multipart-create.yaml",
        "find-upload-by-listing",
        "A push died with a 500 now and then. The storage listed a new multipart upload only 2.2 s after it had created it.",
    ),
    (
        "scenarios/faults/html-404-from-gateway.yaml",
        "strict-xml-404",
        "Replication to a new registry stopped at its first layer. A gateway before the storage answered HTML where XML is due.",
    ),
    (
        "scenarios/faults/redirect-403.yaml",
        "redirect-always",
        "Every pull ended in a 403 that no log of the registry showed. The client had been sent to a storage that refuses it.",
    ),
];

/// Show three field incidents: what the client saw, what the storage saw, who is to blame
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder for the JSON report
    #[arg(long, value_name = "DIR", default_value = "shakedown-report", env = "SHAKEDOWN_OUT")]
    out: PathBuf,
}

/// Runs each incident twice: on a registry that has the defect, and on the reference registry.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let mut shown: Option<Report> = None;
    let mut as_expected = true;
    for (index, (file, defect, seen)) in INCIDENTS.iter().enumerate() {
        let failing = run_on(file, &[defect], output)?;
        let surviving = run_on(file, &[], output)?;
        let failed = failing.scenarios.iter().find(|scenario| scenario.verdict == Verdict::Failed);
        let survived = surviving.scenarios.iter().all(|scenario| scenario.verdict == Verdict::Passed);
        as_expected &= failed.is_some() && survived;
        output.print(&page(index + 1, seen, failed.map(|scenario| (&failing.run, scenario)), survived, output));
        shown = Some(merge(shown, failing));
    }
    let report = shown.expect("there are incidents");
    let path = args.out.join("demo.json");
    let json = Format::named("json").expect("a built-in format").text(&report, &shakedown_reports::Options::default());
    std::fs::create_dir_all(&args.out).and_then(|()| std::fs::write(&path, json)).map_err(|error| {
        Failure::environment(format!("cannot write {}: {error}; choose another folder with --out", path.display()))
    })?;
    output.print(&format!(
        "report  {}\n\nNext:\n  shakedown run                           every scenario on the reference registry\n  shakedown run --system distribution-2.8 the same on docker-registry 2.8.2, if it is installed\n  shakedown serve registry                a registry to push to; add --defect to see yours fail\n",
        path.display()
    ));
    if as_expected {
        Ok(Exit::Passed)
    } else {
        Err(Failure {
            message: "the demo did not show what it should; please report this".to_owned(),
            exit: Exit::Internal,
        })
    }
}

fn run_on(file: &str, defects: &[&str], output: &Output) -> Result<Report, Failure> {
    let paths = [PathBuf::from(file)];
    let plans = library::load_valid(&Selection { paths: &paths, ..Selection::default() }, output)?;
    let system =
        SystemChoice::Reference { defects: defects.iter().map(|&id| id.to_owned()).collect(), allowed: Vec::new() };
    let quiet = Output { quiet: true, progress: false, verbose: 0, ..output.clone() };
    Ok(run::execute(plans, RunOptions { system, over: Over::Memory, ..RunOptions::default() }, &quiet, |_| {}).report)
}

fn page(
    number: usize,
    seen: &str,
    failed: Option<(&RunInfo, &ScenarioReport)>,
    survived: bool,
    output: &Output,
) -> String {
    let mut text = format!("\n{number}. {seen}\n\n");
    match failed {
        Some((run, scenario)) => {
            terminal::failure(run, scenario, &progress::options(output), &mut text).expect("a String takes every text");
        }
        None => text.push_str("   It was not reproduced.\n"),
    }
    let verdict = if survived { "passed" } else { "FAILED" };
    let _ = writeln!(text, "  the reference registry, same storage, same faults: {verdict}");
    text
}

/// One report of all incidents.
fn merge(all: Option<Report>, next: Report) -> Report {
    let Some(mut all) = all else { return next };
    all.scenarios.extend(next.scenarios);
    all.causes.extend(next.causes);
    all.run.wall_us += next.run.wall_us;
    all.run.virtual_us += next.run.virtual_us;
    all.totals = shakedown_reports::Totals::of(all.scenarios.iter().map(|scenario| scenario.verdict));
    all
}
