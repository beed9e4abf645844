//! Plays one scenario in its own runtime: world, content, steps, and what must hold afterwards.
//! Not here: threads, retries and the order of a run (`run`).

use std::time::Duration;

use shakedown_client::{Client, PushImage};
use shakedown_reports::{Check, Verdict};
use shakedown_scenario::steps::Step;
use shakedown_scenario::{Plan, Section};
use shakedown_wire::TraceId;

use crate::content::Contents;
use crate::expect::Checks;
use crate::invariants::{self, Evidence};
use crate::outcome::{ScenarioRun, StepRun};
use crate::setup::Setup;
use crate::stage::Stage;
use crate::steps::{self, Done};
use crate::vars::{Vars, fill_all};
use crate::verdict;
use crate::view::BucketView;
use crate::world::World;

/// Limit for the invariants, on the scenario's clock.
const AFTER_LIMIT: Duration = Duration::from_secs(300);

/// Told after each step: its title and its verdict.
pub(crate) type Tell<'a> = &'a dyn Fn(&str, Verdict);

/// A scenario that ends before its first step, or is cut off.
type Early = (Verdict, String);

/// Plays it to its end. Must be called inside the scenario's own runtime.
pub(crate) async fn play(plan: &Plan, setup: &Setup, tell: Tell<'_>) -> ScenarioRun {
    let mut run = ScenarioRun {
        steps: Vec::new(),
        front: Vec::new(),
        back: Vec::new(),
        log: Vec::new(),
        early: None,
        duration_us: 0,
        wall_us: 0,
    };
    let played = async {
        let stage = match prepare(plan, setup).await {
            Ok(stage) => stage,
            Err(early) => return run.early = Some(early),
        };
        let began = micros(&stage);
        run.early = act(&stage, plan, setup, &mut run.steps, tell).await;
        run.duration_us = micros(&stage);
        (run.front, run.back) = stage.world.trace().await;
        if run.early.is_none() {
            aftermath(&stage, plan, setup, &mut run, tell).await;
        }
        run.log = stage.world.log().await;
        stage.world.stop().await;
        from_zero(&mut run, began);
    };
    Box::pin(played).await;
    run
}

/// Moves all times so that the scenario begins at 0: how long its world took to be built is no part of it.
fn from_zero(run: &mut ScenarioRun, began: u64) {
    let moved = |us: &mut u64| *us = us.saturating_sub(began);
    moved(&mut run.duration_us);
    for step in &mut run.steps {
        moved(&mut step.span_us.0);
        moved(&mut step.span_us.1);
    }
    for call in run.front.iter_mut().chain(&mut run.back) {
        moved(&mut call.start_us);
        call.end_us.iter_mut().for_each(moved);
    }
    run.log.retain(|(at, _)| at.is_none_or(|at| at >= began));
    run.log.iter_mut().filter_map(|(at, _)| at.as_mut()).for_each(moved);
}

fn micros(stage: &Stage) -> u64 {
    u64::try_from(stage.world.clock().elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// Builds the world and what is in it before the first step.
async fn prepare(plan: &Plan, setup: &Setup) -> Result<Stage, Early> {
    let error = |reason: String| (Verdict::Error, reason);
    if let Some(reason) = setup.lacks(plan) {
        return Err((Verdict::Skipped, reason));
    }
    let given = &plan.scenario.given;
    let vars = Vars::default();
    let repository = setup.repository(plan, &given.repository);
    vars.set("repo", &repository);
    let contents = Contents::make(given, setup.seed, &plan.id, &vars).map_err(error)?;
    let world = World::build(plan, setup).await.map_err(|failure| error(failure.to_string()))?;
    let quiet = world.quiet_client();
    let stage = Stage::new(world, contents, vars, &plan.scenario);
    for name in &given.pushed {
        let done = push_before(&stage, &quiet, name).await;
        if let Err(reason) = done {
            stage.world.stop().await;
            return Err(error(format!("before the scenario: {reason}")));
        }
    }
    stage.world.begin(&plan.scenario.faults).await.map_err(|failure| error(failure.to_string()))?;
    Ok(stage)
}

/// Pushes an image of `given.pushed`, as `${repo}:NAME`.
async fn push_before(stage: &Stage, client: &Client, name: &str) -> Result<(), String> {
    let image = stage.contents.image(name)?;
    let (repository, reference) = stage.reference(&format!("${{repo}}:{name}"))?;
    let options = PushImage { concurrency: 1, ..PushImage::default() };
    let pushed = client.push_image(&repository, &reference, image, &options).await;
    pushed.result.map(|_| ()).map_err(|error| format!("{name} could not be pushed: {error}"))
}

/// Runs the steps up to the first that fails. An `Early` says that the run was interrupted.
async fn act(stage: &Stage, plan: &Plan, setup: &Setup, ran: &mut Vec<StepRun>, tell: Tell<'_>) -> Option<Early> {
    let deadline = tokio::time::Instant::now() + setup.limits.time;
    for (number, step) in plan.scenario.steps.iter().enumerate() {
        let line = plan.lines.step(Section::Steps, &[number]);
        let began = micros(stage);
        let done = tokio::select! {
            biased;
            () = setup.interrupt.triggered() => return Some((Verdict::NotRun, "interrupted".to_owned())),
            done = tokio::time::timeout_at(deadline, steps::run(stage, step)) => done,
        };
        let ended = done.is_ok();
        let done = done.unwrap_or_else(|_| endless(stage, setup));
        let step_run = record(stage, step, line, began, done);
        let verdict = verdict::of_step(&step_run);
        tell(&step_run.title, verdict);
        ran.push(step_run);
        if !ended || matches!(verdict, Verdict::Failed | Verdict::Error) {
            break;
        }
    }
    None
}

fn record(stage: &Stage, step: &Step, line: Option<u32>, began: u64, done: Done) -> StepRun {
    let title = steps::title(step, &stage.vars);
    StepRun { title, line, checks: done.checks, span_us: (began, micros(stage)), error: done.error }
}

/// The step has no end: a failure of the system, not of the run.
fn endless(stage: &Stage, setup: &Setup) -> Done {
    let mut checks = Checks::at("the whole step", &stage.spec, None);
    let expected = format!("an end within {:?} and {} calls", setup.limits.time, setup.limits.calls);
    let actual = if setup.budget.is_exhausted() { "it went on calling without end" } else { "it had not ended" };
    checks.note(false, "end", expected, actual);
    Done::checked(checks.list)
}

/// What must hold when the dust has settled, and the steps that are done in any case.
async fn aftermath(stage: &Stage, plan: &Plan, setup: &Setup, run: &mut ScenarioRun, tell: Tell<'_>) {
    let began = micros(stage);
    if !plan.scenario.after.is_empty() {
        let line = plan.lines.after.first().map(|place| place.line);
        let (checks, error) = after(stage, plan, setup, run).await;
        let step = StepRun { title: "after".to_owned(), line, checks, span_us: (began, micros(stage)), error };
        tell(&step.title, verdict::of_step(&step));
        run.steps.push(step);
    }
    for (number, step) in plan.scenario.finally.iter().enumerate() {
        let line = plan.lines.step(Section::Finally, &[number]);
        let began = micros(stage);
        let done = tokio::time::timeout(AFTER_LIMIT, steps::run(stage, step)).await;
        let step_run = record(stage, step, line, began, done.unwrap_or_else(|_| endless(stage, setup)));
        tell(&step_run.title, verdict::of_step(&step_run));
        run.steps.push(step_run);
    }
}

type Checked = (Vec<(Check, Option<TraceId>)>, Option<String>);

async fn after(stage: &Stage, plan: &Plan, setup: &Setup, run: &ScenarioRun) -> Checked {
    if setup.budget.is_exhausted() {
        let mut checks = Checks::at("after", &[], None);
        checks.add(Verdict::Skipped, "invariants", "looked at", "the scenario has no end");
        return (checks.list, None);
    }
    if let Err(error) = stage.world.settle().await {
        return (Vec::new(), Some(error.to_string()));
    }
    let repository = stage.fill("${repo}").unwrap_or_default();
    let store = stage.world.store().ok();
    let api = stage.world.api();
    let evidence = Evidence {
        run,
        bucket: store.map(|store| -> &dyn BucketView { store }),
        api: Some(&api),
        repository: &repository,
    };
    let after = match plan.scenario.after.iter().map(|one| fill_all(one, &stage.vars)).collect::<Result<Vec<_>, _>>() {
        Ok(after) => after,
        Err(mistake) => return (Vec::new(), Some(mistake)),
    };
    let checking = invariants::check(&after, evidence);
    match tokio::time::timeout(AFTER_LIMIT, checking).await {
        Ok(checks) => (checks, None),
        Err(_) => (Vec::new(), Some(format!("the invariants could not be looked at within {AFTER_LIMIT:?}"))),
    }
}
