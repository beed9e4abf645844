//! Events, one JSON object a line: what a run tells while it goes. From a finished report they are told again, without the steps.

use std::fmt::{self, Write};

use super::{Format, Options};
use crate::{Event, Report};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "ndjson",
    media_type: "application/x-ndjson",
    extension: "ndjson",
    about: "events, one a line, written while the run goes",
    render,
};

fn render(report: &Report, _: &Options, out: &mut dyn Write) -> fmt::Result {
    let run = &report.run;
    let total = report.scenarios.len();
    let (system, over) = (run.system.clone(), run.over.clone());
    out.write_str(&Event::RunStarted { total, seed: run.seed, system, over }.line())?;
    for scenario in &report.scenarios {
        out.write_str(&Event::ScenarioFinished { report: Box::new(scenario.clone()) }.line())?;
    }
    out.write_str(&Event::RunFinished { totals: report.totals, wall_us: run.wall_us }.line())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn every_line_is_an_event_by_the_published_schema() {
        let text = FORMAT.text(&sample::report(), &Options::default());
        let schema: serde_json::Value = serde_json::from_str(&crate::event_schema()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for line in text.lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            let errors: Vec<_> = validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(errors.is_empty(), "{errors:#?}");
            assert_eq!(serde_json::from_str::<Event>(line).unwrap().line().trim_end(), line);
        }
        assert!(!validator.is_valid(&serde_json::json!({ "event": "run-ended" })), "another event is refused");
    }

    #[test]
    fn the_events_of_a_short_run() {
        let mut report = sample::report();
        report.scenarios.drain(..2);
        report.scenarios.truncate(2);
        insta::assert_snapshot!(FORMAT.text(&report, &Options::default()));
    }
}
