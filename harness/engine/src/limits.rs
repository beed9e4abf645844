//! How long a scenario may take and how many calls it may cause before it counts as endless.

use std::time::Duration;

use shakedown_scenario::steps::Step;
use shakedown_scenario::{Scenario, Span};

use crate::options::Over;

/// Waiting that no scenario needs unless it says so. Virtual time costs nothing, so it is generous there.
const VIRTUAL: Duration = Duration::from_secs(3600);
const REAL: Duration = Duration::from_secs(300);
/// Wall time for a scenario in memory; on a machine that is not overloaded only loops that neither wait nor call reach it.
const WALL_IN_MEMORY: Duration = Duration::from_secs(180);
/// Wall time on top of a scenario's own in real time.
const WALL_MORE: Duration = Duration::from_secs(30);
/// Calls a scenario may cause, and those for each round of a `repeat`.
const CALLS: u64 = 6_000;
const CALLS_A_ROUND: u64 = 2_000;

/// The limits of one scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// On the scenario's own clock.
    pub(crate) time: Duration,
    /// On the wall.
    pub(crate) wall: Duration,
    /// Calls to the registry and to storage together.
    pub(crate) calls: u64,
}

impl Limits {
    /// What the scenario asks for by itself, and a good deal more.
    pub(crate) fn of(scenario: &Scenario, over: Over) -> Self {
        let asked = spans(&scenario.steps).saturating_add(spans(&scenario.finally));
        let base = match over {
            Over::Memory => VIRTUAL,
            Over::Tcp => REAL,
        };
        let time = base.saturating_add(asked);
        let wall = match over {
            Over::Memory => WALL_IN_MEMORY,
            Over::Tcp => time.saturating_add(WALL_MORE),
        };
        let rounds = rounds(&scenario.steps).saturating_add(rounds(&scenario.finally));
        Self { time, wall, calls: CALLS.saturating_add(rounds.saturating_mul(CALLS_A_ROUND)) }
    }
}

/// All time the steps ask for, one after the other.
fn spans(steps: &[Step]) -> Duration {
    let of = |span: Option<Span>| span.map_or(Duration::ZERO, |span| span.0);
    let sum = |durations: &mut dyn Iterator<Item = Duration>| durations.fold(Duration::ZERO, Duration::saturating_add);
    let span = |step: &Step| match step {
        Step::Advance(step) => step.by.0,
        Step::Http(step) => of(step.expect.within),
        Step::Push(step) => of(step.within),
        Step::Pull(step) => of(step.within),
        Step::Blob(step) => of(step.within),
        Step::Run(step) => of(step.0.within),
        Step::Parallel(step) => sum(&mut step.branches.iter().map(|branch| spans(branch))),
        Step::As(step) => spans(&step.steps),
        Step::Repeat(step) => spans(&step.steps).saturating_mul(step.times),
        // One try may begin just before the deadline, one more follows `stays`.
        Step::Eventually(step) => {
            step.within.0.saturating_add(of(step.stays)).saturating_add(spans(&step.steps).saturating_mul(2))
        }
        _ => Duration::ZERO,
    };
    sum(&mut steps.iter().map(span))
}

/// How many rounds all `repeat`s together make.
fn rounds(steps: &[Step]) -> u64 {
    let of = |step: &Step| match step {
        Step::As(step) => rounds(&step.steps),
        Step::Repeat(step) => u64::from(step.times).saturating_mul(rounds(&step.steps).max(1)),
        Step::Parallel(step) => step.branches.iter().map(|branch| rounds(branch)).fold(0, u64::saturating_add),
        Step::Eventually(step) => {
            let every = step.every.map_or(100, |every| every.0.as_millis().max(1));
            u64::try_from(step.within.0.as_millis() / every).unwrap_or(u64::MAX)
        }
        _ => 0,
    };
    steps.iter().map(of).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_scenario_asks_for_is_added() {
        let scenario: Scenario = serde_saphyr::from_str(
            "title: x\nsteps:\n- advance: { by: 7d }\n- repeat: { times: 10, steps: [{ advance: { by: 1h } }] }\n\
             - eventually: { within: 10s, every: 1s, stays: 5s, steps: [] }\n",
        )
        .unwrap();
        let limits = Limits::of(&scenario, Over::Memory);
        assert_eq!(limits.time, VIRTUAL + Duration::from_secs(7 * 86_400 + 10 * 3600 + 15));
        assert_eq!(limits.calls, CALLS + 20 * CALLS_A_ROUND);
        assert_eq!(
            Limits::of(&scenario, Over::Tcp).wall,
            REAL + WALL_MORE + Duration::from_secs(7 * 86_400 + 10 * 3600 + 15)
        );
    }
}
