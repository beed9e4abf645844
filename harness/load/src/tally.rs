//! Counts and times of what was done: by kind for the report, by round for comparisons, by interval for the chart.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use shakedown_client::ClientError;
use shakedown_reports::bench::{OperationReport, Point, Round, Times, Unpacking};

use crate::acknowledged::Acknowledged;
use crate::ops::Done;

/// Significant digits of times.
const DIGITS: u8 = 3;
/// Points of a timeline; what comes later is counted in the last one.
const POINTS: usize = 20_000;
/// Kinds of errors that are told apart.
const CAUSES: usize = 50;
/// Time between two points of a timeline.
pub(crate) const INTERVAL: Duration = Duration::from_millis(250);

/// A histogram of times and their exact sum.
pub(crate) struct Timing {
    histogram: Histogram<u64>,
    sum_us: u128,
}

impl Timing {
    pub(crate) fn new() -> Self {
        let histogram = Histogram::new(DIGITS).expect("three digits are allowed");
        Self { histogram, sum_us: 0 }
    }

    pub(crate) fn add(&mut self, time: Duration) {
        // An hour is more than any operation may take.
        let us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).clamp(1, 3_600_000_000);
        self.sum_us += u128::from(us);
        self.histogram.record(us).expect("it grows as it must");
    }

    /// What another report tells, exactly: each bucket is one of ours.
    pub(crate) fn add_times(&mut self, times: &Times) {
        let mut count = 0;
        for &(us, times) in &times.buckets {
            count += times;
            self.histogram.record_n(us, times).expect("it grows as it must");
        }
        self.sum_us += (times.mean_us * count as f64).round() as u128;
    }

    fn count(&self) -> u64 {
        self.histogram.len()
    }

    fn mean_us(&self) -> f64 {
        if self.count() == 0 { 0.0 } else { self.sum_us as f64 / self.count() as f64 }
    }

    fn at(&self, quantile: f64) -> u64 {
        self.histogram.value_at_quantile(quantile)
    }

    pub(crate) fn times(&self) -> Times {
        let buckets = self.histogram.iter_recorded();
        Times {
            mean_us: self.mean_us(),
            p50_us: self.at(0.5),
            p90_us: self.at(0.9),
            p99_us: self.at(0.99),
            p999_us: self.at(0.999),
            max_us: self.histogram.max(),
            buckets: buckets.map(|step| (step.value_iterated_to(), step.count_at_value())).collect(),
        }
    }
}

/// One kind of operation.
pub(crate) struct Kind {
    count: u64,
    errors: u64,
    bytes: u64,
    latency: Timing,
    first_byte: Timing,
    transfer: Timing,
    unpacking: Timing,
    unpacked_bytes: u64,
}

impl Kind {
    fn new() -> Self {
        Self {
            count: 0,
            errors: 0,
            bytes: 0,
            latency: Timing::new(),
            first_byte: Timing::new(),
            transfer: Timing::new(),
            unpacking: Timing::new(),
            unpacked_bytes: 0,
        }
    }

    fn report(&self) -> OperationReport {
        let first_byte = (self.first_byte.count() > 0).then(|| self.first_byte.times());
        let unpacking = (self.unpacking.count() > 0).then(|| Unpacking {
            transfer: self.transfer.times(),
            work: self.unpacking.times(),
            bytes: self.unpacked_bytes,
        });
        let Self { count, errors, bytes, .. } = *self;
        OperationReport { count, errors, bytes, latency: self.latency.times(), first_byte, unpacking }
    }
}

/// Everything counted on one system, and the round that goes on.
pub(crate) struct Tally {
    kinds: BTreeMap<&'static str, Kind>,
    pub(crate) errors: BTreeMap<String, u64>,
    pub(crate) timeline: Vec<Point>,
    pub(crate) faults: BTreeMap<String, Vec<u64>>,
    pub(crate) abandoned: u64,
    /// Operations that went well.
    pub(crate) acknowledged: Acknowledged,
    round: Round,
    round_latency: Timing,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            kinds: BTreeMap::new(),
            errors: BTreeMap::new(),
            timeline: Vec::new(),
            faults: BTreeMap::new(),
            abandoned: 0,
            acknowledged: Acknowledged::default(),
            round: Round::default(),
            round_latency: Timing::new(),
        }
    }

    /// An operation that ended `at` after the beginning of the first round, pauses between rounds left out.
    pub(crate) fn add(&mut self, kind: &'static str, at: Duration, took: Duration, result: Result<Done, ClientError>) {
        let of_kind = self.kinds.entry(kind).or_insert_with(Kind::new);
        let place = place(at);
        if self.timeline.len() <= place {
            self.timeline.resize(place + 1, Point::default());
        }
        let point = &mut self.timeline[place];
        match result {
            Ok(done) => {
                for (count, bytes) in [
                    (&mut of_kind.count, &mut of_kind.bytes),
                    (&mut self.round.count, &mut self.round.bytes),
                    (&mut point.count, &mut point.bytes),
                ] {
                    *count += 1;
                    *bytes += done.bytes;
                }
                of_kind.latency.add(took);
                self.round_latency.add(took);
                if let Some(time) = done.first_byte {
                    of_kind.first_byte.add(time);
                }
                if let Some((transfer, unpacked)) = done.unpacked {
                    of_kind.transfer.add(transfer);
                    of_kind.unpacking.add(unpacked.busy);
                    of_kind.unpacked_bytes += unpacked.bytes;
                }
            }
            Err(error) => {
                for errors in [&mut of_kind.errors, &mut self.round.errors, &mut point.errors] {
                    *errors += 1;
                }
                let cause = cause(&error);
                let known = self.errors.contains_key(&cause) || self.errors.len() < CAUSES;
                *self.errors.entry(if known { cause } else { "others".to_owned() }).or_default() += 1;
            }
        }
    }

    /// Faults that struck shortly before `at`: the difference of two readings.
    pub(crate) fn struck(&mut self, at: Duration, seen: &mut BTreeMap<String, u64>, now: BTreeMap<String, u64>) {
        for (fault, count) in &now {
            let more = count - seen.get(fault).copied().unwrap_or_default();
            if more > 0 {
                let counts = self.faults.entry(fault.clone()).or_default();
                let place = place(at);
                counts.resize(counts.len().max(place + 1), 0);
                counts[place] += more;
            }
        }
        *seen = now;
    }

    /// Ends the round.
    pub(crate) fn end_round(&mut self, wall: Duration) -> Round {
        let timing = std::mem::replace(&mut self.round_latency, Timing::new());
        Round {
            wall_us: u64::try_from(wall.as_micros()).unwrap_or(u64::MAX),
            mean_us: timing.mean_us(),
            p50_us: timing.at(0.5),
            p99_us: timing.at(0.99),
            ..std::mem::take(&mut self.round)
        }
    }

    /// By kind, for the report.
    pub(crate) fn operations(&self) -> BTreeMap<String, OperationReport> {
        self.kinds.iter().map(|(kind, counted)| ((*kind).to_owned(), counted.report())).collect()
    }
}

/// Where a moment stands in the timeline.
fn place(at: Duration) -> usize {
    ((at.as_micros() / INTERVAL.as_micros()) as usize).min(POINTS - 1)
}

/// The cause of an error without what differs from one operation to the next.
pub(crate) fn cause(error: &ClientError) -> String {
    match error {
        ClientError::Status(status) => match &status.code {
            Some(code) => format!("status {} {code}", status.status.as_u16()),
            None => format!("status {}", status.status.as_u16()),
        },
        ClientError::Wire { error, .. } => error.to_string(),
        ClientError::Source(error) => error.reason.clone(),
        ClientError::Answer { what, .. } => what.clone(),
        ClientError::Digest { .. } => "wrong digest".to_owned(),
        ClientError::Length { .. } => "wrong length".to_owned(),
        ClientError::Redirect { .. } => "redirects without end".to_owned(),
        ClientError::Location { .. } => "a location that leads nowhere".to_owned(),
        ClientError::Auth { .. } => "cannot authenticate".to_owned(),
        ClientError::Manifest { .. } => "a manifest that cannot be read".to_owned(),
        ClientError::Sink(_) => "cannot be kept".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use shakedown_client::SourceError;

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn everything_is_counted_once_in_each_place() {
        let mut tally = Tally::new();
        let done = Done { bytes: 10, first_byte: Some(ms(1)), ..Done::default() };
        for number in 1..=1000 {
            tally.add("pull-blob", ms(number), ms(number), Ok(done));
        }
        tally.add("pull-blob", ms(260), ms(9), Err(SourceError::new("/v2/x", "status 503").into()));
        let round = tally.end_round(ms(1000));
        assert_eq!((round.count, round.errors, round.bytes, round.wall_us), (1000, 1, 10_000, 1_000_000));
        assert!((round.mean_us - 500_500.0).abs() < 1e-6, "{}", round.mean_us);
        let report = &tally.operations()["pull-blob"];
        assert_eq!((report.count, report.errors, report.bytes), (1000, 1, 10_000));
        let near = |actual: u64, expected: u64| assert!(actual.abs_diff(expected) * 1000 <= expected, "{actual}");
        near(report.latency.p50_us, 500_000);
        near(report.latency.p99_us, 990_000);
        near(report.latency.p999_us, 999_000);
        near(report.first_byte.as_ref().unwrap().p999_us, 1000);
        assert_eq!(tally.errors, BTreeMap::from([("status 503".to_owned(), 1)]));
        let counts: Vec<_> = tally.timeline.iter().map(|point| (point.count, point.errors)).collect();
        assert_eq!(counts, [(249, 0), (250, 1), (250, 0), (250, 0), (1, 0)]);
        assert_eq!(tally.end_round(ms(1)).count, 0, "the next round begins at nothing");
    }

    #[test]
    fn faults_are_counted_where_they_struck() {
        let mut tally = Tally::new();
        let now = |slow: u64, lost: u64| BTreeMap::from([("slow".to_owned(), slow), ("lost".to_owned(), lost)]);
        let mut seen = now(5, 0);
        for (at, reading) in [(ms(20), now(5, 0)), (ms(240), now(7, 0)), (ms(760), now(8, 3)), (ms(770), now(9, 3))] {
            tally.struck(at, &mut seen, reading);
        }
        let counted = BTreeMap::from([("slow".to_owned(), vec![2, 0, 0, 2]), ("lost".to_owned(), vec![0, 0, 0, 3])]);
        assert_eq!(tally.faults, counted, "what struck in the warm-up is left out");
    }

    #[test]
    fn histograms_of_reports_add_up_exactly() {
        let (mut all, mut merged) = (Timing::new(), Timing::new());
        for part in 0..4_u64 {
            let mut own = Timing::new();
            for number in 0..500_u64 {
                let time = Duration::from_micros((number * 4 + part) * 37 + 1);
                all.add(time);
                own.add(time);
            }
            merged.add_times(&own.times());
        }
        let (all, merged) = (all.times(), merged.times());
        assert_eq!(all.buckets, merged.buckets);
        assert_eq!((all.p50_us, all.p999_us), (merged.p50_us, merged.p999_us));
        assert!((all.mean_us - merged.mean_us).abs() < 0.01);
    }
}
