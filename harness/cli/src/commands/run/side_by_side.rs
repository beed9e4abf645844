//! `shakedown run` with several systems: the same scenarios on each in turn, a report of each, and one table of verdicts.
//! Not here: a run on one system (`run`), the table (`shakedown-reports`).

use std::path::Path;

use shakedown_engine::{Ending, RunOptions, RunResult};
use shakedown_reports::{Format, Report, side_by_side, side_by_side_markdown, terminal};
use shakedown_scenario::Plan;

use super::{Args, conclude, execute};
use crate::exit::Exit;
use crate::output::{Failure, Output};
use crate::progress;
use crate::reports::{Streams, Target, write_text};

/// Runs on one system after the other; an interrupt ends all of it.
pub(super) fn run(args: &Args, plans: &[Plan], output: &Output) -> Result<Exit, Failure> {
    for (flag, given) in [
        ("--baseline", args.baseline.is_some()),
        ("--write-deviations", args.write_deviations.is_some()),
        ("--certification", args.certification.is_some()),
    ] {
        if given {
            return Err(Failure::usage(format!("{flag} is about one system: give one --system")));
        }
    }
    let names = args.target.names();
    if let Some((_, twice)) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        return Err(Failure::usage(format!("--system {twice} is given twice")));
    }
    // All mistakes are known before the first system is started.
    let store = args.store.start(&args.select.vars, output)?;
    let each = names
        .iter()
        .map(|name| args.on_store(args.target.options(name, &args.select, output)?, store.as_ref()))
        .collect::<Result<Vec<_>, _>>()?;
    let mut done: Vec<(&str, Report)> = Vec::new();
    let mut worst = Ending::Passed;
    for (name, options) in names.iter().zip(each) {
        let (report, ending) = one(args, name, plans.to_vec(), options, output)?;
        done.push((name, report));
        worst = worse(worst, ending.named(name));
        if matches!(worst, Ending::Interrupted) {
            break;
        }
    }
    let columns: Vec<_> = done.iter().map(|(name, report)| (*name, report)).collect();
    output.print(&format!("\n{}", side_by_side(&columns, output.verbose > 0, &progress::options(output))));
    let mut markdown = String::new();
    side_by_side_markdown(&columns, &mut markdown).expect("a String takes every text");
    let file = args.out.join("side-by-side.md");
    write_text(&file, &markdown)?;
    output.note(&format!("report  {}", file.display()));
    conclude(worst, output)
}

fn one(
    args: &Args,
    name: &str,
    plans: Vec<Plan>,
    options: RunOptions,
    output: &Output,
) -> Result<(Report, Ending), Failure> {
    let targets: Vec<Target> = args.reports.iter().map(|target| of_system(target, name)).collect();
    let streams = Streams::open(&targets, args.trace.into())?;
    let RunResult { report, ending } = execute(plans, options, output, |event| streams.write(event));
    streams.close()?;
    let report = report.kept(args.trace.into());
    let options = progress::options(output);
    output.print(&format!("=== {name}\n"));
    if output.quiet {
        let mut text = String::new();
        terminal::summary(&report, &options, &mut text).expect("a String takes every text");
        output.print(&text);
    } else {
        output.print(&Format::named("terminal").expect("a built-in format").text(&report, &options));
    }
    let json = Target::json_in(&args.out.join(file_name(name)));
    for target in std::iter::once(&json).chain(targets.iter().filter(|target| !target.is_streamed())) {
        target.write(&report)?;
        output.note(&format!("report  {}", target.path.display()));
    }
    Ok((report, ending))
}

/// The same format in a file of its own: `report.xml` becomes `report.reference.xml`.
fn of_system(target: &Target, name: &str) -> Target {
    let own = file_name(name);
    let path = &target.path;
    let extension = path.extension().map(|extension| format!(".{}", extension.to_string_lossy())).unwrap_or_default();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    Target { format: target.format, path: path.with_file_name(format!("{stem}.{own}{extension}")) }
}

/// The system's name as a part of a file name: the stem of its file, a URL without what file names cannot have.
fn file_name(name: &str) -> String {
    let name = match Path::new(name) {
        path if path.extension().is_some_and(|extension| extension == "yaml") => {
            path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
        }
        _ => name.to_owned(),
    };
    let kept = |c: char| if c.is_ascii_alphanumeric() || "._+-".contains(c) { c } else { '-' };
    name.chars().map(kept).collect()
}

/// The one of two endings that the exit code tells, in the order in which one run weighs its scenarios.
fn worse(one: Ending, other: Ending) -> Ending {
    let weight = |ending: &Ending| match ending {
        Ending::Passed => 0,
        Ending::NothingSelected => 1,
        Ending::Inconclusive => 2,
        Ending::Environment(_) => 3,
        Ending::Failed => 4,
        Ending::Interrupted => 5,
        Ending::OurBug(_) => 6,
    };
    if weight(&other) > weight(&one) { other } else { one }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_has_files_of_its_own() {
        let target = Target::parse("junit=out/report.xml").unwrap();
        for (name, path) in [
            ("reference", "out/report.reference.xml"),
            ("systems/mine.yaml", "out/report.mine.xml"),
            ("distribution-2.8", "out/report.distribution-2.8.xml"),
            ("http://127.0.0.1:5000", "out/report.http---127.0.0.1-5000.xml"),
        ] {
            assert_eq!(of_system(&target, name).path, Path::new(path));
        }
    }

    #[test]
    fn the_worst_ending_is_told() {
        let dead = || Ending::Environment("nothing answers".to_owned());
        assert_eq!(worse(Ending::Passed, dead()), dead());
        assert_eq!(worse(dead(), Ending::Failed), Ending::Failed);
        assert_eq!(worse(Ending::Failed, dead()), Ending::Failed);
        assert_eq!(worse(Ending::Failed, Ending::Interrupted), Ending::Interrupted);
    }
}
