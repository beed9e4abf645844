//! One scenario on a thread of its own, watched from outside: a panic is our bug and ends nothing else, and a thread that never
//! comes back is left behind.

use std::panic::AssertUnwindSafe;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use shakedown_reports::{ScenarioReport, Verdict};
use shakedown_scenario::Plan;
use shakedown_wire::Clock;

use crate::duty;
use crate::options::{Over, RunOptions};
use crate::outcome::ScenarioRun;
use crate::play::play;
use crate::report;
use crate::run::repeat;
use crate::setup::Setup;
use crate::shared::Shared;
use crate::verdict;

/// How long a thread may take to end after its calls are answered no more.
const GRACE: Duration = Duration::from_secs(20);
/// Debug builds of deeply nested futures are large.
const STACK: usize = 16 << 20;

/// What a scenario says of ourselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// Nothing.
    Nothing,
    /// We are wrong.
    Bug(String),
}

enum Message {
    Step(String, Verdict),
    Done(Box<ScenarioRun>),
    Panicked(String),
}

/// Runs one plan once and reports it.
pub(crate) fn supervise(
    plan: &Plan,
    options: &RunOptions,
    shared: &Shared,
    step: &dyn Fn(&str, Verdict),
) -> (ScenarioReport, Told) {
    let wall = Clock::real_time();
    let setup = Setup::new(options, plan, shared);
    let (sender, receiver) = mpsc::channel();
    let thread = {
        let (plan, setup) = (plan.clone(), setup.clone());
        let name = format!("scenario {}", plan.id);
        std::thread::Builder::new().name(name).stack_size(STACK).spawn(move || scenario(&plan, &setup, &sender))
    };
    let repeat = repeat(plan, options);
    let outcome = match thread {
        Ok(_) => watch(&receiver, &setup, GRACE, &wall, step),
        Err(error) => Message::Panicked(format!("no thread could be started: {error}")),
    };
    let wall_us = u64::try_from(wall.elapsed().as_micros()).unwrap_or(u64::MAX);
    let (mut report, told) = match outcome {
        Message::Done(mut run) => {
            duty::tell(&mut run, options.spec);
            let (verdict, reason) = verdict::of_scenario(&run);
            (report::scenario_report(plan, &run, verdict, reason, &repeat), Told::Nothing)
        }
        Message::Panicked(reason) => {
            let line = format!("a bug of shakedown: {reason}");
            (report::without_run(plan, Verdict::Error, &line, &repeat), Told::Bug(reason))
        }
        Message::Step(title, _) => {
            let line = format!("it did not end within {:?}; the last step was `{title}`", setup.limits.wall + GRACE);
            (report::without_run(plan, Verdict::Error, &line, &repeat), Told::Nothing)
        }
    };
    report.wall_us = wall_us;
    (report, told)
}

/// Follows the scenario to its end; a last `Step` says that there was none.
fn watch(
    receiver: &Receiver<Message>,
    setup: &Setup,
    grace: Duration,
    wall: &Clock,
    step: &dyn Fn(&str, Verdict),
) -> Message {
    let mut limit = setup.limits.wall;
    let mut last = String::new();
    loop {
        match receiver.recv_timeout(limit.saturating_sub(wall.elapsed())) {
            Ok(Message::Step(title, verdict)) => {
                step(&title, verdict);
                last = title;
            }
            Ok(end) => return end,
            Err(RecvTimeoutError::Timeout) if !setup.budget.is_exhausted() || limit == setup.limits.wall => {
                setup.budget.exhaust();
                limit = setup.limits.wall + grace;
            }
            Err(RecvTimeoutError::Timeout) => return Message::Step(last, Verdict::Error),
            Err(RecvTimeoutError::Disconnected) => {
                return Message::Panicked("the scenario's thread vanished".to_owned());
            }
        }
    }
}

/// The body of a scenario's thread.
fn scenario(plan: &Plan, setup: &Setup, sender: &mpsc::Sender<Message>) {
    let tell = |title: &str, verdict: Verdict| {
        // Nobody listens any more if we were given up.
        let _ = sender.send(Message::Step(title.to_owned(), verdict));
    };
    let message = guarded(|| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(setup.over == Over::Memory);
        let runtime = builder.build().map_err(|error| format!("no runtime could be made: {error}"))?;
        let run = runtime.block_on(play(plan, setup, &tell));
        // What still runs in the background ends with the scenario.
        runtime.shutdown_background();
        Ok(run)
    });
    let _ = sender.send(message);
}

/// What came of playing; a panic is a message, too.
fn guarded(playing: impl FnOnce() -> Result<ScenarioRun, String>) -> Message {
    match std::panic::catch_unwind(AssertUnwindSafe(playing)) {
        Ok(Ok(run)) => Message::Done(Box::new(run)),
        Ok(Err(reason)) => Message::Panicked(reason),
        Err(payload) => Message::Panicked(text_of(&*payload)),
    }
}

fn text_of(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifeline::CallBudget;
    use crate::options::Interrupt;

    fn setup(wall: Duration) -> Setup {
        let (system, interrupt) =
            (crate::SystemChoice::Reference { defects: Vec::new(), allowed: Vec::new() }, Interrupt::new());
        let limits = crate::limits::Limits { time: wall, wall, calls: 1 };
        let (vars, secrets) = (std::collections::BTreeMap::new(), Vec::new());
        Setup {
            system,
            access: crate::options::Access::default(),
            storage: None,
            shared: Shared::default(),
            over: Over::Memory,
            spec: Default::default(),
            seed: 1,
            vars,
            listen: crate::setup::ANY_PORT,
            interrupt,
            limits,
            budget: CallBudget::new(1),
            secrets,
        }
    }

    #[test]
    fn a_panic_is_told_in_its_own_words() {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let plain = guarded(|| panic!("out of luck"));
        let formatted = guarded(|| panic!("{} at {}", "lost", 7));
        std::panic::set_hook(hook);
        assert!(matches!(plain, Message::Panicked(reason) if reason == "out of luck"));
        assert!(matches!(formatted, Message::Panicked(reason) if reason == "lost at 7"));
    }

    #[test]
    fn a_scenario_that_hangs_loses_its_calls_first_and_then_its_thread_is_left() {
        let (sender, receiver) = mpsc::channel();
        sender.send(Message::Step("push app".to_owned(), Verdict::Passed)).unwrap();
        let setup = setup(Duration::from_millis(20));
        let end = watch(&receiver, &setup, Duration::from_millis(20), &Clock::real_time(), &|_, _| {});
        assert!(matches!(end, Message::Step(title, Verdict::Error) if title == "push app"));
        assert!(setup.budget.is_exhausted());
    }

    #[test]
    fn a_thread_that_vanishes_is_a_bug() {
        let (sender, receiver) = mpsc::channel();
        drop(sender);
        let end = watch(&receiver, &setup(GRACE), GRACE, &Clock::real_time(), &|_, _| {});
        assert!(matches!(end, Message::Panicked(_)));
    }
}
