//! How a system bore the faults of its storage, read off its timeline: what it still did while they struck, and how long after the last
//! of them it was as fast as before.

use super::model::{Point, SystemReport, rate};

/// Intervals before the first strike that make a pace; with fewer of them there is nothing to come back to.
const BEFORE: usize = 4;
/// Share of the pace before that counts as recovered.
const RECOVERED: f64 = 0.8;
/// Intervals in a row that must be as fast, so that one lucky moment does not count.
const IN_A_ROW: usize = 2;

/// How a system bore faults.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Borne {
    /// Operations a second before the first strike; absent if they struck from the beginning.
    pub(super) before: Option<f64>,
    /// Operations a second that went well between the first strike and the last.
    pub(super) goodput: f64,
    /// What came after the last strike.
    pub(super) after: After,
}

/// What came after the last strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// As fast as before after so many microseconds, to the length of an interval.
    Recovered(u64),
    /// Never as fast again while it was looked at, for so many microseconds.
    Slower(u64),
    /// Nothing to compare: no pace before, or too little time after.
    Unknown,
}

/// All faults of the system taken together; nothing if none struck.
pub(super) fn borne(system: &SystemReport, interval_us: u64) -> Option<Borne> {
    let struck = |at: usize| system.faults.values().any(|counts| counts.get(at).is_some_and(|count| *count > 0));
    let points = &system.timeline;
    let mut strikes = (0..points.len()).filter(|&at| struck(at));
    let first = strikes.next()?;
    let last = strikes.next_back().unwrap_or(first);
    let pace = |points: &[Point]| rate(points.iter().map(|point| point.count).sum(), points.len() as u64 * interval_us);
    let before = (first >= BEFORE).then(|| pace(&points[..first]));
    // The last interval is not a whole one.
    let rest = &points[last + 1..points.len().max(last + 2) - 1];
    let after = match before {
        Some(before) if rest.len() >= IN_A_ROW => {
            let enough = |point: &Point| rate(point.count, interval_us) >= before * RECOVERED;
            match rest.windows(IN_A_ROW).position(|points| points.iter().all(enough)) {
                Some(at) => After::Recovered(at as u64 * interval_us),
                None => After::Slower(rest.len() as u64 * interval_us),
            }
        }
        _ => After::Unknown,
    };
    Some(Borne { before, goodput: pace(&points[first..=last]), after })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Operations in intervals of 250 ms, and the intervals in which a fault strikes.
    fn system(counts: &[u64], struck: &[usize]) -> SystemReport {
        let timeline = counts.iter().map(|&count| Point { count, bytes: 0, errors: 0 }).collect();
        let strikes = (0..counts.len()).map(|at| u64::from(struck.contains(&at))).collect();
        SystemReport { timeline, faults: BTreeMap::from([("slow".to_owned(), strikes)]), ..SystemReport::default() }
    }

    fn borne_of(counts: &[u64], struck: &[usize]) -> Option<Borne> {
        borne(&system(counts, struck), 250_000)
    }

    #[test]
    fn recovery_is_from_the_last_strike_to_the_old_pace() {
        let counts = [100, 100, 100, 100, 20, 0, 10, 30, 100, 40, 90, 100, 100];
        let borne = borne_of(&counts, &[4, 6]).unwrap();
        assert_eq!(borne, Borne { before: Some(400.0), goodput: 40.0, after: After::Recovered(750_000) });
        let lasting = [100, 100, 100, 100, 20, 79, 79, 79, 100];
        assert_eq!(borne_of(&lasting, &[4]).unwrap().after, After::Slower(750_000), "the last interval is none");
        assert_eq!(borne_of(&[8, 8, 8, 8, 1, 8, 8, 1], &[4]).unwrap().after, After::Recovered(0));
    }

    #[test]
    fn without_a_pace_before_or_time_after_nothing_is_said() {
        assert_eq!(borne_of(&[10; 9], &[]), None);
        let always: Vec<usize> = (0..9).collect();
        assert_eq!(borne_of(&[10; 9], &always), Some(Borne { before: None, goodput: 40.0, after: After::Unknown }));
        assert_eq!(borne_of(&[10; 6], &[4]).unwrap().after, After::Unknown);
        assert_eq!(borne_of(&[10; 5], &[4]).unwrap().after, After::Unknown);
    }
}
