//! A report without the run's secrets, wherever they stand. What the recorder wrote is clean already; this covers all other texts.

use shakedown_reports::{Blame, BodyInfo, Call, Check, FaultFired, LogLine, ScenarioReport, StepReport};
use shakedown_wire::redact::Redactor;

/// The same report with every secret that `redactor` knows replaced.
pub(crate) fn redacted(report: ScenarioReport, redactor: &Redactor) -> ScenarioReport {
    let clean = Clean(redactor);
    ScenarioReport {
        title: clean.text(report.title),
        story: clean.text(report.story),
        failed_tries: report.failed_tries.into_iter().map(|line| clean.text(line)).collect(),
        reason: clean.option(report.reason),
        blame: report.blame.map(|blame| clean.blame(blame)),
        steps: report.steps.into_iter().map(|step| clean.step(step)).collect(),
        calls: report.calls.into_iter().map(|call| clean.call(call)).collect(),
        log: report.log.into_iter().map(|line| clean.text(line)).collect(),
        repeat: clean.text(report.repeat),
        ..report
    }
}

struct Clean<'a>(&'a Redactor);

impl Clean<'_> {
    fn text(&self, text: String) -> String {
        self.0.text(&text)
    }

    fn option(&self, text: Option<String>) -> Option<String> {
        text.map(|text| self.text(text))
    }

    fn blame(&self, blame: Blame) -> Blame {
        let evidence = blame.evidence.into_iter().map(|mut evidence| {
            evidence.shows = self.text(evidence.shows);
            evidence
        });
        Blame {
            why: self.text(blame.why),
            fix: self.option(blame.fix),
            ticket: self.option(blame.ticket),
            evidence: evidence.collect(),
            ..blame
        }
    }

    fn step(&self, step: StepReport) -> StepReport {
        let checks = step.checks.into_iter().map(|check| Check {
            what: self.text(check.what),
            expected: self.text(check.expected),
            actual: self.text(check.actual),
            at: self.text(check.at),
            ..check
        });
        StepReport { title: self.text(step.title), checks: checks.collect(), ..step }
    }

    fn call(&self, call: Call) -> Call {
        let faults = call.faults.into_iter().map(|fault| FaultFired { summary: self.text(fault.summary), ..fault });
        Call {
            uri: self.text(call.uri),
            key: self.option(call.key),
            error: self.option(call.error),
            note: self.option(call.note),
            request_headers: self.head(call.request_headers),
            response_headers: self.head(call.response_headers),
            request_body: self.body(call.request_body),
            response_body: self.body(call.response_body),
            faults: faults.collect(),
            log: call.log.into_iter().map(|line| self.line(line)).collect(),
            ..call
        }
    }

    fn line(&self, line: LogLine) -> LogLine {
        LogLine {
            message: self.text(line.message),
            code: self.option(line.code),
            detail: self.option(line.detail),
            path: self.option(line.path),
            ..line
        }
    }

    fn head(&self, head: Vec<(String, String)>) -> Vec<(String, String)> {
        head.into_iter().map(|(name, value)| (name, self.text(value))).collect()
    }

    fn body(&self, body: BodyInfo) -> BodyInfo {
        BodyInfo { excerpt: self.text(body.excerpt), ..body }
    }
}
