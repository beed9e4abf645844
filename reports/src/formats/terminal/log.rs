//! The lines of a system's log that tell most about a failure, cut to what they say.

use crate::log::{LogFormat, logfmt::pairs};
use crate::{LogLine, ScenarioReport};

/// Lines that are shown.
const LINES: usize = 2;
/// Keys of a logfmt line that say something; all others (times, addresses, versions) are left out.
const TELLING: &[&str] = &["level", "msg", "err.code", "err.message", "err.detail", "error", "err"];

/// The last lines about errors that name an upload or a digest of the calls that failed, else the last about errors; without those that the
/// timeline shows (`shown`). A log without errors tells nothing; where the timeline shows some, lines that name nothing are of other calls.
pub(super) fn telling(scenario: &ScenarioReport, shown: &[&LogLine]) -> Vec<String> {
    let is_bad = |line: &&String| {
        let line = line.to_ascii_lowercase();
        ["error", "warn", "panic", "fatal"].iter().any(|word| line.contains(word))
    };
    let is_shown = |line: &&String| {
        let mut read = LogFormat::PARSED.iter().filter_map(|format| format.parse(line));
        read.any(|line| shown.iter().any(|shown| shown.says_what(&line)))
    };
    let bad: Vec<_> = scenario.log.iter().filter(|line| is_bad(line) && !is_shown(line)).collect();
    let ids = ids(scenario);
    let named: Vec<_> = bad.iter().copied().filter(|line| ids.iter().any(|id| line.contains(id.as_str()))).collect();
    let lines = if named.is_empty() && shown.is_empty() { bad } else { named };
    let mut told: Vec<String> = lines[lines.len().saturating_sub(LINES)..].iter().map(|line| gist(line)).collect();
    told.dedup();
    told
}

/// Uploads and digests in the URIs of the calls that failed checks and the blame speak of.
fn ids(scenario: &ScenarioReport) -> Vec<String> {
    let checks =
        scenario.steps.iter().flat_map(|step| &step.checks).filter(|check| check.verdict == crate::Verdict::Failed);
    let calls = checks
        .filter_map(|check| check.call)
        .chain(scenario.blame.iter().flat_map(|b| b.evidence.iter().map(|e| e.call)));
    let uris =
        calls.filter_map(|call| scenario.calls.get(call)).map(|call| call.uri.split('?').next().unwrap_or_default());
    let parts = uris.flat_map(|uri| uri.split(['/', ':']));
    let is_id = |part: &&str| part.len() >= 32 && part.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    parts.filter(is_id).map(str::to_owned).collect()
}

/// A logfmt line by its telling keys; any other line as it is.
fn gist(line: &str) -> String {
    let pairs = pairs(line);
    if !pairs.iter().any(|(key, _)| *key == "level") {
        return line.to_owned();
    }
    let kept: Vec<_> =
        pairs.iter().filter(|(key, _)| TELLING.contains(key)).map(|(key, value)| format!("{key}={value}")).collect();
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn told(log: &[&str]) -> Vec<String> {
        let log = log.iter().map(|line| (*line).to_owned()).collect();
        let call = sample::front("PATCH", "http://r/v2/a/blobs/uploads/9ac3d1f0-7b7e-4e7a-9d5e-0d4c3f2b1a00?x=1", 500);
        let blame = Some(sample::blame("rule", &[(0, "")]));
        let scenario =
            ScenarioReport { log, calls: vec![call], blame, ..sample::scenario("x", crate::Verdict::Failed) };
        telling(&scenario, &[])
    }

    #[test]
    fn what_the_timeline_shows_is_not_said_again() {
        let line = r#"level=error msg="x" err.detail="no such key""#;
        let shown = LogFormat::Logfmt.parse(line).unwrap();
        let log = vec![line.to_owned(), "error of another".to_owned()];
        let scenario = ScenarioReport { log, ..sample::scenario("x", crate::Verdict::Failed) };
        assert!(telling(&scenario, &[&shown]).is_empty());
        assert_eq!(telling(&scenario, &[]).len(), 2);
    }

    #[test]
    fn errors_about_the_failed_call_come_first_and_a_quiet_log_tells_nothing() {
        assert!(told(&["a", "b", "c"]).is_empty());
        assert_eq!(told(&["a", "an error", "c", "PANIC d"]), ["an error", "PANIC d"]);
        assert_eq!(
            told(&["error 9ac3d1f0-7b7e-4e7a-9d5e-0d4c3f2b1a00", "error of another"]),
            ["error 9ac3d1f0-7b7e-4e7a-9d5e-0d4c3f2b1a00"]
        );
    }

    #[test]
    fn a_logfmt_line_is_cut_to_what_it_says() {
        let line = r#"time="2026" level=error msg="response completed with error" err.detail="s3aws: \"x\" Path not found" go.version=go1.15 vars.name=lab/app"#;
        let gist = gist(line);
        assert_eq!(gist, r#"level=error msg="response completed with error" err.detail="s3aws: \"x\" Path not found""#);
        for line in ["panic: runtime error", "a = b level=error", "level=\"unclosed", "=", ""] {
            assert!(super::gist(line).len() <= line.len(), "{line}");
        }
    }
}
