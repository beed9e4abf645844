//! `run`: a program to its end. What it sends is recorded by the party that it reaches; what it prints is kept with the system's log.

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use shakedown_scenario::OneOrMany;
use shakedown_scenario::steps::{Program, ProgramEnd};

use super::Done;
use crate::expect::Checks;
use crate::stage::Stage;
use crate::systems::{Child, Launch, Line, Log, find_program};

/// Deadline of a program that names none.
const WITHIN: Duration = Duration::from_secs(60);
/// Lines of its output that a failed check shows.
const SHOWN: usize = 3;

pub(super) async fn run(stage: &Stage, step: &Program) -> Result<Done, String> {
    let words = step.command.iter().map(|word| stage.fill(word)).collect::<Result<Vec<_>, _>>()?;
    let (program, args) = words.split_first().ok_or("there is no program")?;
    let Some(path) = find_program(program) else {
        return Ok(Done::error(format!("needs `{program}`, which is not installed")));
    };
    let name = Path::new(program).file_name().unwrap_or(OsStr::new(program)).to_string_lossy().into_owned();
    let within = step.within.map_or(WITHIN, |within| within.0);
    let outcome = match start(stage, path, args).await {
        Ok((child, log)) => ended(child, &log, within).await,
        Err(reason) => return Ok(Done::error(format!("{name}: {reason}"))),
    };
    let (status, lines) = match outcome {
        Ok(outcome) => outcome,
        Err(error) => return Ok(Done::error(format!("{name}: {error}"))),
    };
    let redactor = stage.world.redactor();
    let lines: Vec<_> = lines.into_iter().map(|(at, line)| (at, redactor.text(&line))).collect();
    let said: Vec<_> = lines.iter().map(|(_, line)| line.clone()).collect();
    stage.print(lines.into_iter().map(|(at, line)| (at, format!("{name}: {line}"))));
    let mut checks = Checks::at("client", &stage.spec, None);
    judge(step, status, within, &said, &mut checks, stage)?;
    Ok(Done::checked(checks.list))
}

/// Starts it in the scenario's scratch folder, logged in as who acts.
async fn start(stage: &Stage, program: std::path::PathBuf, args: &[String]) -> Result<(Child, Log), String> {
    let scratch = stage.scratch.as_ref().ok_or("there is no folder to run programs in")?;
    let login = stage.user.as_ref().and_then(|user| stage.world.login(user));
    let secret = scratch.log_in(stage.world.authority(), login.as_ref()).map_err(|error| error.to_string())?;
    secret.iter().for_each(|secret| stage.world.keep_secret(secret));
    let (mut env, dir) = (scratch.env(), scratch.path().to_owned());
    env.extend(stage.world.proxy_of_programs());
    let log = Log::default();
    let launch = Launch { program, args: args.to_vec(), env, dir, group: Vec::new() };
    let child = Child::start(&launch, &log, stage.world.clock()).map_err(|error| error.to_string())?;
    Ok((child, log))
}

/// Its exit status (none if it had to be killed) and its lines.
async fn ended(mut child: Child, log: &Log, within: Duration) -> std::io::Result<(Option<ExitStatus>, Vec<Line>)> {
    let status = match tokio::time::timeout(within, child.ended()).await {
        Ok(status) => Some(status?),
        Err(_) => {
            child.kill().await;
            None
        }
    };
    Ok((status, log.lines()))
}

/// Checks how it ended and what it said.
fn judge(
    step: &Program,
    status: Option<ExitStatus>,
    within: Duration,
    lines: &[String],
    checks: &mut Checks,
    stage: &Stage,
) -> Result<(), String> {
    let tail = lines[lines.len().saturating_sub(SHOWN)..].join(" | ");
    let actual = match status {
        None => format!("still running after {within:?}, killed"),
        Some(status) if status.success() => "success".to_owned(),
        Some(status) => format!("{status}: {tail}"),
    };
    let (holds, expected) = match (step.expect, status) {
        (ProgramEnd::Succeeds, status) => (status.is_some_and(|status| status.success()), "success"),
        (ProgramEnd::Fails, status) => (status.is_some_and(|status| !status.success()), "failure"),
        (ProgramEnd::SucceedsOrFails, status) => (status.is_some(), "an end"),
    };
    checks.note(holds, "exit", expected, actual);
    let whole = lines.join("\n");
    let filled = |texts: &OneOrMany<String>| texts.iter().map(|text| stage.fill(text)).collect::<Result<Vec<_>, _>>();
    for text in filled(&step.says)? {
        checks.note(whole.contains(&text), "output", format!("contains `{text}`"), tail.clone());
    }
    for text in filled(&step.lacks)? {
        checks.note(!whole.contains(&text), "output", format!("does not contain `{text}`"), tail.clone());
    }
    Ok(())
}
