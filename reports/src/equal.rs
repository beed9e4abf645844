//! What makes two runs equal: the id that equal runs share, and a report without what only the wall clock decides.

use crate::{Report, RunInfo};

impl RunInfo {
    /// Fills in `id` from what decides the outcome of the run: seed, version, system, storage, transport and the scenarios selected.
    #[must_use]
    pub fn with_id<'a>(mut self, selection: impl IntoIterator<Item = &'a str>) -> Self {
        let mut name = Name::new();
        for part in [&self.version, &self.system, &self.storage, &self.over] {
            name.add(part);
        }
        name.add(&self.seed.to_string());
        name.add(&self.rules.version);
        for id in selection {
            name.add(id);
        }
        self.id = format!("{:016x}", name.0);
        self
    }
}

impl Report {
    /// The report of the run without what the wall clock decides: equal for two runs with one seed. In memory that is the date and
    /// the real durations; over sockets every time is real, so all times go.
    #[must_use]
    pub fn without_wall_clock(&self) -> Self {
        let mut report = self.clone();
        let virtual_time = report.run.over == "memory";
        report.run.started.clear();
        report.run.wall_us = 0;
        if !virtual_time {
            report.run.virtual_us = 0;
        }
        for scenario in &mut report.scenarios {
            scenario.wall_us = 0;
            if virtual_time {
                continue;
            }
            scenario.duration_us = 0;
            for call in &mut scenario.calls {
                call.start_us = 0;
                call.end_us = call.end_us.map(|_| 0);
            }
        }
        report
    }
}

/// FNV-1a over length-prefixed parts: a short name for equality, not a secret and not a checksum.
struct Name(u64);

impl Name {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, part: &str) {
        for byte in (part.len() as u64).to_le_bytes().into_iter().chain(part.bytes()) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::sample;

    #[test]
    fn equal_runs_have_equal_ids_and_others_do_not() {
        let run = sample::report().run;
        let id = |run: &crate::RunInfo, selection: &[&str]| run.clone().with_id(selection.iter().copied()).id;
        let first = id(&run, &["a", "b"]);
        let mut later = run.clone();
        later.started = "2031-01-01T00:00:00Z".to_owned();
        later.wall_us += 1;
        assert_eq!(id(&later, &["a", "b"]), first);
        assert_ne!(id(&run, &["ab"]), first);
        later.seed += 1;
        assert_ne!(id(&later, &["a", "b"]), first);
    }

    #[test]
    fn two_runs_that_differ_in_wall_times_only_compare_equal() {
        let first = sample::report();
        let mut second = first.clone();
        second.run.started = "2031-01-01T00:00:00Z".to_owned();
        second.run.wall_us = 1;
        second.scenarios[0].wall_us += 5;
        assert_ne!(first, second);
        assert_eq!(first.without_wall_clock(), second.without_wall_clock());
        second.scenarios[0].duration_us += 1;
        assert_ne!(first.without_wall_clock(), second.without_wall_clock(), "virtual time is not wall time");
        let over_tcp = |mut report: crate::Report| {
            report.run.over = "tcp".to_owned();
            report.without_wall_clock()
        };
        assert_eq!(over_tcp(first), over_tcp(second));
    }
}
