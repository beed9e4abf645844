//! Reports of a bearable size: all of what failed, of what passed the course of the calls without their heads and bodies.

use std::cmp::Reverse;

use crate::text::elide;
use crate::{BodyInfo, Call, Report, ScenarioReport, Verdict};

/// Of which scenarios every call is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keep {
    /// Of those that did not simply pass (up to a limit that no scenario reaches in good order); the others keep a summary.
    #[default]
    Failed,
    /// Of all.
    All,
}

/// Calls that the summary of a scenario keeps.
const CALLS: usize = 24;
/// Characters of a URI or a key in a summary.
const ADDRESS: usize = 240;
/// Calls, lines of the log and characters of one text that are kept of a failure.
const MOST_CALLS: usize = 2_000;
const MOST_LINES: usize = 1_000;
const MOST_TEXT: usize = 4_096;

impl Report {
    /// The report with as much of every trace as `keep` says.
    #[must_use]
    pub fn kept(mut self, keep: Keep) -> Self {
        self.scenarios = self.scenarios.into_iter().map(|scenario| scenario.kept(keep)).collect();
        self
    }
}

impl ScenarioReport {
    /// The scenario with as much of its trace as `keep` says.
    #[must_use]
    pub fn kept(self, keep: Keep) -> Self {
        let plain = matches!(self.verdict, Verdict::Passed | Verdict::Skipped | Verdict::NotRun);
        match keep {
            Keep::All => self,
            Keep::Failed if plain => self.bounded().shortened(CALLS).without_contents(),
            Keep::Failed => self.bounded().shortened(MOST_CALLS),
        }
    }

    /// With texts of bounded length.
    fn bounded(mut self) -> Self {
        let cut = |text: &mut String| {
            if text.len() > MOST_TEXT {
                *text = elide(text, MOST_TEXT, "...");
            }
        };
        let from = self.log.len().saturating_sub(MOST_LINES);
        self.log.drain(..from);
        self.log.iter_mut().chain(&mut self.reason).chain(&mut self.failed_tries).for_each(cut);
        let checks = self.steps.iter_mut().flat_map(|step| &mut step.checks);
        checks.flat_map(|check| [&mut check.expected, &mut check.actual]).for_each(cut);
        let blame = self.blame.iter_mut();
        blame
            .flat_map(|blame| std::iter::once(&mut blame.why).chain(&mut blame.fix).chain(&mut blame.ticket))
            .for_each(cut);
        self
    }

    /// With at most `most` calls: first those that failed checks and the blame name, then those that faults struck, then the client's.
    /// Indexes are mended; what is left out is counted.
    #[must_use]
    pub fn shortened(mut self, most: usize) -> Self {
        if self.calls.len() <= most {
            return self;
        }
        let mut order: Vec<usize> = (0..self.calls.len()).collect();
        let weights = self.weights();
        order.sort_by_key(|&call| (Reverse(weights[call]), call));
        order.truncate(most);
        order.sort_unstable();
        let mut new_index = vec![None; self.calls.len()];
        for (new, &old) in order.iter().enumerate() {
            new_index[old] = Some(new);
        }
        let moved = |call: Option<usize>| call.and_then(|call| new_index.get(call).copied().flatten());
        let before = |call: usize| order.partition_point(|&kept| kept < call);
        for step in &mut self.steps {
            step.calls = (before(step.calls.0), before(step.calls.1));
            for check in &mut step.checks {
                check.call = moved(check.call);
            }
        }
        if let Some(blame) = &mut self.blame {
            blame.evidence.retain_mut(|evidence| match moved(Some(evidence.call)) {
                Some(call) => {
                    evidence.call = call;
                    true
                }
                None => false,
            });
        }
        self.calls_left_out += (self.calls.len() - order.len()) as u64;
        let mut number = 0;
        self.calls.retain_mut(|call| {
            call.caused_by = moved(call.caused_by);
            number += 1;
            new_index[number - 1].is_some()
        });
        self
    }

    /// How much each call tells: named by the blame or a failed check, struck by a fault, causes of those, the client's, the rest.
    fn weights(&self) -> Vec<u8> {
        let mut weights: Vec<u8> = self.calls.iter().map(|call| u8::from(call.is_client())).collect();
        let mut raise = |call: usize, weight: u8| {
            if let Some(old) = weights.get_mut(call) {
                *old = weight.max(*old);
            }
        };
        let checks = self.steps.iter().flat_map(|step| &step.checks).filter(|check| check.verdict != Verdict::Passed);
        let named = checks.filter_map(|check| check.call);
        let named: Vec<usize> =
            named.chain(self.blame.iter().flat_map(|blame| blame.evidence.iter().map(|e| e.call))).collect();
        let struck = (0..self.calls.len()).filter(|&call| !self.calls[call].faults.is_empty());
        for (call, weight) in named.into_iter().map(|call| (call, 4)).chain(struck.map(|call| (call, 3))) {
            raise(call, weight);
            if let Some(cause) = self.calls.get(call).and_then(|call| call.caused_by) {
                raise(cause, 2);
            }
        }
        weights
    }

    /// Without heads and bodies of the calls, and without the log.
    #[must_use]
    pub fn without_contents(mut self) -> Self {
        for call in &mut self.calls {
            call.strip();
        }
        self.log.clear();
        self
    }
}

impl Call {
    fn strip(&mut self) {
        self.log = Vec::new();
        self.request_headers = Vec::new();
        self.response_headers = Vec::new();
        for body in [&mut self.request_body, &mut self.response_body] {
            *body = BodyInfo { bytes: body.bytes, complete: body.complete, ..BodyInfo::default() };
        }
        for text in std::iter::once(&mut self.uri).chain(&mut self.key) {
            if let Some((end, _)) = text.char_indices().nth(ADDRESS) {
                text.truncate(end);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn what_failed_is_kept_whole_and_what_passed_in_short() {
        let whole = sample::report();
        let mut kept = whole.clone().kept(Keep::Failed);
        assert_eq!(kept.scenarios[0], whole.scenarios[0]);
        assert_eq!(whole.clone().kept(Keep::All), whole);

        let mut passed = ScenarioReport { verdict: Verdict::Passed, ..whole.scenarios[0].clone() };
        passed.calls[0].request_headers = vec![("host".to_owned(), "r".to_owned())];
        passed.calls = passed.calls.iter().cycle().take(100_000).cloned().collect();
        let short = passed.kept(Keep::Failed);
        assert_eq!((short.calls.len(), short.calls_left_out), (CALLS, 100_000 - CALLS as u64));
        assert!(short.calls.iter().all(|call| call.request_headers.is_empty()) && short.log.is_empty());
        kept.scenarios.truncate(1);
    }

    #[test]
    fn a_failure_that_never_ends_is_bounded_too() {
        let mut failed = sample::report().scenarios[0].clone();
        failed.calls = failed.calls.iter().cycle().take(10_000).cloned().collect();
        failed.log = vec!["x".repeat(100_000); 1_500];
        let kept = failed.kept(Keep::Failed);
        assert_eq!((kept.calls.len(), kept.calls_left_out), (MOST_CALLS, 8_000));
        assert_eq!((kept.log.len(), kept.log[0].len()), (MOST_LINES, MOST_TEXT));
        assert_eq!(kept.calls[kept.blame.unwrap().evidence[0].call].note.as_deref(), Some("0 uploads"));
    }

    #[test]
    fn the_calls_that_tell_stay_and_everything_points_to_the_same_calls() {
        let whole = sample::report().scenarios[0].clone();
        let short = whole.clone().shortened(3);
        let ids = |report: &ScenarioReport, calls: &[usize]| {
            calls.iter().map(|&call| report.calls[call].uri.clone()).collect::<Vec<_>>()
        };
        assert_eq!(ids(&short, &[0, 1, 2]), ids(&whole, &[2, 3, 5]));
        assert_eq!(short.calls_left_out, 3);
        assert_eq!(short.calls[0].caused_by, None, "its cause is left out");
        assert_eq!(short.calls[2].caused_by, Some(1));
        assert_eq!(short.steps[0].checks[0].call, Some(1));
        assert_eq!(short.steps[0].calls, (0, 3));
        assert_eq!(short.blame.unwrap().evidence[0].call, 2);
        assert!(whole.clone().shortened(0).calls.is_empty());
        assert_eq!(whole.clone().shortened(6), whole);
    }
}
