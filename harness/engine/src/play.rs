//! Plays one scenario in its own runtime: world, content, steps, and what must hold afterwards.
//! Not here: threads, retries and the order of a run (`run`).

use std::sync::Arc;
use std::time::Duration;

use shakedown_client::{Client, PushImage};
use shakedown_reports::{Check, Verdict};
use shakedown_scenario::steps::{Outcome, Step};
use shakedown_scenario::{Plan, Section, UpstreamSettings};
use shakedown_wire::TraceId;

use crate::content::Contents;
use crate::expect::Checks;
use crate::invariants::{self, Evidence};
use crate::outcome::{ScenarioRun, StepRun};
use crate::scratch::Scratch;
use crate::setup::{Setup, runs_programs};
use crate::stage::Stage;
use crate::steps::{self, Done};
use crate::systems::NO_ENGINE;
use crate::vars::{Vars, fill_all};
use crate::verdict;
use crate::view::{ApiView, BucketView};
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
        sees_storage: true,
        log: Vec::new(),
        log_format: setup.system.log_format(),
        early: None,
        duration_us: 0,
        wall_us: 0,
    };
    let played = async {
        let stage = match prepare(plan, setup).await {
            Ok(stage) => stage,
            Err(Begun::Not(early)) => return run.early = Some(early),
            Err(Begun::Refused(stage, step)) => {
                run.steps.push(*step);
                run.sees_storage = stage.world.sees_storage();
                (run.front, run.back) = stage.world.trace().await;
                return run.log = end(&stage, setup).await;
            }
        };
        run.sees_storage = stage.world.sees_storage();
        let began = micros(&stage);
        run.early = act(&stage, plan, setup, &mut run.steps, tell).await;
        run.duration_us = micros(&stage);
        (run.front, run.back) = stage.world.trace().await;
        if run.early.is_none() {
            tokio::select! {
                biased;
                () = setup.interrupt.triggered() => run.early = cut_off(&run),
                () = aftermath(&stage, plan, setup, &mut run, tell) => {}
            }
        }
        if let Some(lost) = stage.world.lost().await {
            // What was seen is no evidence against the system, and without an engine nothing more can be seen.
            if lost.what == NO_ENGINE {
                setup.shared.stop(&lost.to_string());
            }
            run.early = Some((Verdict::Error, lost.to_string()));
        }
        run.log = end(&stage, setup).await;
        run.log.extend(stage.printed());
        from_zero(&mut run, began);
    };
    Box::pin(played).await;
    run
}

fn interrupted() -> Early {
    (Verdict::NotRun, "interrupted".to_owned())
}

/// An interrupt before the last word: what failed until then has failed.
fn cut_off(run: &ScenarioRun) -> Option<Early> {
    run.steps.iter().all(|step| verdict::of_step(step) == Verdict::Passed).then(interrupted)
}

/// Takes everything down again; gives what the system printed, which is complete only now.
async fn end(stage: &Stage, setup: &Setup) -> Vec<(Option<u64>, String)> {
    setup.shared.leave_behind(stage.world.clean_up().await);
    stage.world.stop().await;
    setup.shared.leave_behind(stage.world.empty_store().await);
    stage.world.log().await
}

/// A repository of ours on a registry that somebody else runs must be empty before we begin: a full one is not ours.
async fn is_ours(stage: &Stage, setup: &Setup, repository: &str) -> Result<(), String> {
    if !matches!(setup.system, crate::SystemChoice::Url { .. }) || !setup.shared.claim(repository) {
        return Ok(());
    }
    let answer = stage.world.api().get(&format!("/v2/{repository}/tags/list")).await;
    let tags = answer.ok().filter(|answer| answer.status == 200).and_then(|answer| answer.body);
    let tags: Option<serde_json::Value> = tags.and_then(|body| serde_json::from_slice(&body).ok());
    match tags.as_ref().and_then(|json| json.get("tags")?.as_array()).map_or(0, Vec::len) {
        0 => Ok(()),
        count => {
            let reason =
                format!("{repository} already holds {count} tags and is not ours to touch: choose another --seed");
            setup.shared.stop(&reason);
            Err(reason)
        }
    }
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

/// Why a scenario did not come to its first step.
enum Begun {
    /// Skipped, or the environment does not let it.
    Not(Early),
    /// The registry refused what is there before: a failure of its own, with the calls that show it.
    Refused(Box<Stage>, Box<StepRun>),
}

/// The scenario as it is before its first step, for whoever comes.
///
/// # Errors
/// One line: why it cannot stand.
pub(crate) async fn stand(plan: &Plan, setup: &Setup) -> Result<Stage, String> {
    prepare(plan, setup).await.map_err(|begun| match begun {
        Begun::Not((_, reason)) => format!("{}: {reason}", plan.id),
        Begun::Refused(_, step) => format!("{}: `{}` did not succeed", plan.id, step.title),
    })
}

/// Builds the world and what is in it before the first step.
async fn prepare(plan: &Plan, setup: &Setup) -> Result<Stage, Begun> {
    let error = |reason: String| Begun::Not((Verdict::Error, reason));
    if let Some(reason) = setup.lacks(plan) {
        return Err(Begun::Not((Verdict::Skipped, reason)));
    }
    let given = &plan.scenario.given;
    let vars = Vars::default();
    let repository = setup.repository(plan, &given.repository);
    vars.set("repo", &repository);
    let contents = Contents::make(given, setup.seed, &plan.id, &vars).map_err(error)?;
    let world = World::build(plan, setup).await.map_err(|failure| {
        if failure.what == NO_ENGINE {
            setup.shared.stop(&failure.to_string());
        }
        error(failure.to_string())
    })?;
    let mut stage = Stage::new(world, contents, vars, &plan.scenario, setup.spec);
    stage.vars.set("registry", stage.world.authority());
    if runs_programs(plan) {
        stage.scratch = Some(Arc::new(room_for_programs(&stage, plan).await.map_err(error)?));
    }
    is_ours(&stage, setup, &repository).await.map_err(error)?;
    for name in &given.pushed {
        let step = tokio::select! {
            biased;
            () = setup.interrupt.triggered() => {
                end(&stage, setup).await;
                return Err(Begun::Not(interrupted()));
            }
            step = push_before(&stage, name) => step.map_err(error)?,
        };
        match verdict::of_step(&step) {
            Verdict::Error => {
                end(&stage, setup).await;
                return Err(error(step.error.unwrap_or_default()));
            }
            Verdict::Failed => return Err(Begun::Refused(Box::new(stage), Box::new(step))),
            _ => {}
        }
    }
    for name in given.other.iter().flat_map(|other| &other.pushed) {
        if let Err(reason) = push_to_other(&stage, name).await {
            stage.world.stop().await;
            return Err(error(format!("before the scenario, on the other site: {reason}")));
        }
    }
    if let Some(upstream) = &given.upstream
        && let Err(reason) = push_upstream(&stage, upstream).await
    {
        stage.world.stop().await;
        return Err(error(format!("before the scenario, upstream: {reason}")));
    }
    stage.world.begin(&plan.scenario.faults).await.map_err(|failure| error(failure.to_string()))?;
    Ok(stage)
}

/// A home for programs, with the layouts of all images.
async fn room_for_programs(stage: &Stage, plan: &Plan) -> Result<Scratch, String> {
    let scratch = Scratch::new().map_err(|error| format!("a folder for programs: {error}"))?;
    stage.vars.set("scratch", scratch.path().to_string_lossy());
    for name in plan.scenario.given.images.keys() {
        scratch.write(name, stage.contents.image(name)?).await?;
        stage.vars.set(format!("image.{name}.layout"), scratch.layout(name).to_string_lossy());
    }
    Ok(scratch)
}

/// Pushes an image of `given.other.pushed`, as `${repo}:NAME` there.
async fn push_to_other(stage: &Stage, name: &str) -> Result<(), String> {
    push_there(stage, &stage.world.other_client()?, "${repo}", name).await
}

/// Pushes the images of `given.upstream` into each of its repositories.
async fn push_upstream(stage: &Stage, upstream: &UpstreamSettings) -> Result<(), String> {
    let client = stage.world.upstream_client()?;
    for repository in &upstream.repositories {
        for name in &upstream.pushed {
            push_there(stage, &client, repository, name).await?;
        }
    }
    Ok(())
}

async fn push_there(stage: &Stage, client: &Client, repository: &str, name: &str) -> Result<(), String> {
    let image = stage.contents.image(name)?;
    let (repository, reference) = stage.reference(&format!("{repository}:{name}"))?;
    let options = PushImage { concurrency: 1, ..PushImage::default() };
    let pushed = client.push_image(&repository, &reference, image, &options).await;
    pushed.result.map(|_| ()).map_err(|error| error.to_string())
}

/// Pushes an image of `given.pushed`, as `${repo}:NAME`. What must always hold of a push is not looked at: that is for scenarios.
async fn push_before(stage: &Stage, name: &str) -> Result<StepRun, String> {
    let image = stage.contents.image(name)?;
    let (repository, reference) = stage.reference(&format!("${{repo}}:{name}"))?;
    let began = micros(stage);
    let options = PushImage { concurrency: 1, ..PushImage::default() };
    let pushed = stage.client.push_image(&repository, &reference, image, &options).await;
    let title = format!("given: push {name} as {repository}:{name}");
    let (checks, error) = match steps::judge_end(stage, &title, &[], &Outcome::Succeeds, &pushed) {
        Ok(checks) => (checks.list, None),
        Err(gone) => (Vec::new(), Some(gone)),
    };
    Ok(StepRun { title, line: None, checks, span_us: (began, micros(stage)), error })
}

/// Runs the steps up to the first that fails. An `Early` says that the run was interrupted.
async fn act(stage: &Stage, plan: &Plan, setup: &Setup, ran: &mut Vec<StepRun>, tell: Tell<'_>) -> Option<Early> {
    let deadline = tokio::time::Instant::now() + setup.limits.time;
    for (number, step) in plan.scenario.steps.iter().enumerate() {
        let line = plan.lines.step(Section::Steps, &[number]);
        let began = micros(stage);
        let done = tokio::select! {
            biased;
            () = setup.interrupt.triggered() => return Some(interrupted()),
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
