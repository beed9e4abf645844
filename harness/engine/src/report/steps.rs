//! Which calls belong to which step: by time, and where several steps share an instant (virtual time) by the calls that their
//! checks name.

use crate::outcome::StepRun;
use crate::trace::Trace;

/// Per step its range of calls: first, and one past the last; empty at the place where it would stand.
pub(super) fn ranges(steps: &[StepRun], trace: &Trace) -> Vec<(usize, usize)> {
    let anchors: Vec<Option<(usize, usize)>> = steps.iter().map(|step| anchor(step, trace)).collect();
    let mut ranges: Vec<Option<(usize, usize)>> = vec![None; steps.len()];
    let mut of_call: Vec<Option<usize>> = Vec::with_capacity(trace.calls.len());
    let mut current = 0;
    for (at, call) in trace.calls.iter().enumerate() {
        let owner = match call.caused_by {
            Some(cause) => of_call[cause],
            None => {
                current = owner(steps, &anchors, current, at, call.start_us);
                steps.get(current).filter(|step| holds(step, call.start_us)).map(|_| current)
            }
        };
        of_call.push(owner);
        if let Some(step) = owner {
            let range = ranges[step].get_or_insert((at, at + 1));
            range.1 = at + 1;
        }
    }
    let mut end = 0;
    ranges
        .into_iter()
        .map(|range| {
            let range = range.unwrap_or((end, end));
            end = range.1;
            range
        })
        .collect()
}

fn holds(step: &StepRun, us: u64) -> bool {
    (step.span_us.0..=step.span_us.1).contains(&us)
}

/// First and last call that the step's checks name.
fn anchor(step: &StepRun, trace: &Trace) -> Option<(usize, usize)> {
    // The checks after the run speak of calls of all steps.
    if step.title == "after" {
        return None;
    }
    let named = || step.checks.iter().filter_map(|(_, id)| trace.call((*id)?));
    Some((named().min()?, named().max()?))
}

/// The step of a call, not before `current`.
fn owner(steps: &[StepRun], anchors: &[Option<(usize, usize)>], current: usize, at: usize, us: u64) -> usize {
    let open: Vec<usize> = (current..steps.len()).filter(|&step| holds(&steps[step], us)).collect();
    let Some(&first) = open.first() else {
        let over = (current..steps.len()).find(|&step| steps[step].span_us.1 >= us);
        return over.unwrap_or(current);
    };
    let reached = open.iter().copied().rfind(|&step| anchors[step].is_some_and(|(from, _)| from <= at));
    let chosen = reached.unwrap_or(first).max(first);
    // Past the last call that this step names, and another step of the same instant follows.
    let past = anchors[chosen].is_some_and(|(_, to)| at > to);
    let next = open.iter().copied().find(|&step| step > chosen && anchors[step].is_some());
    if past { next.unwrap_or(chosen) } else { chosen }
}
