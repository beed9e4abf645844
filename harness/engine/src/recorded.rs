//! What field reports recorded of a system, by incident: the shape of an entry, and whether its scenarios showed the same again.
//! Not here: known deviations (`deviations`), which excuse a failure whatever it looks like.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_faults::glob::Glob;
use shakedown_reports::{Call, Recorded as Reported, ScenarioReport, Verdict};
use shakedown_scenario::OneOrMany;

use crate::deviations::fits;

/// What was recorded of one incident.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Recorded {
    /// The incident, e.g. `A01`.
    pub incident: String,
    /// The scenarios that show it, each of them: `id[case]`, `id` for all its cases, `*` for any characters.
    pub scenario: OneOrMany<String>,
    /// Calls of the client in this order, others in between: `PATCH upload 500`, `GET blob 200, 0 of 5000 bytes`.
    #[serde(default)]
    pub calls: OneOrMany<String>,
    /// Checks that fail, as `what: actual`; `*` for any characters.
    #[serde(default)]
    pub fails: OneOrMany<String>,
    /// What stands in its log, anywhere in a line; `*` for any characters.
    #[serde(default)]
    pub log: OneOrMany<String>,
}

impl Recorded {
    /// What is wrong with the entry.
    fn check(&self) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("`reproduces`: {}: {what}", self.incident));
        if !is_known(&self.incident) {
            return wrong(UNKNOWN);
        }
        if self.shows().next().is_none() {
            return wrong("it records nothing: name `calls`, `fails` or `log`");
        }
        if self.scenario.is_empty() {
            return wrong("`scenario` must name one at least");
        }
        match self.scenario.iter().chain(self.shows()).any(|pattern| pattern.trim().is_empty()) {
            true => wrong("a pattern is empty"),
            false => Ok(()),
        }
    }

    fn shows(&self) -> impl Iterator<Item = &String> {
        self.calls.iter().chain(self.fails.iter()).chain(self.log.iter())
    }

    fn missing(&self, report: &ScenarioReport) -> Vec<String> {
        let mut missing: Vec<_> = self.missing_call(report).into_iter().collect();
        let failed = report.steps.iter().flat_map(|step| &step.checks).filter(|check| check.verdict == Verdict::Failed);
        let failed: Vec<_> = failed.map(|check| format!("{}: {}", check.what, check.actual)).collect();
        let absent = |pattern: &&String, texts: &[String]| {
            let glob = Glob::new(format!("*{pattern}*"));
            !texts.iter().any(|text| glob.fits_value(text))
        };
        missing.extend(self.fails.iter().filter(|pattern| absent(pattern, &failed)).map(|one| format!("failed {one}")));
        missing.extend(self.log.iter().filter(|pattern| absent(pattern, &report.log)).map(|one| format!("log {one}")));
        missing
    }

    /// The first call that did not come after those before it.
    fn missing_call(&self, report: &ScenarioReport) -> Option<String> {
        let mut calls = report.calls.iter().filter(|call| call.is_client()).map(words);
        self.calls.iter().find(|pattern| !calls.any(|call| call_fits(pattern, &call))).cloned()
    }
}

const UNKNOWN: &str = "there is no such incident (`shakedown list --incidents` has them all)";

fn is_known(id: &str) -> bool {
    shakedown_oci::incidents().iter().any(|incident| incident.id == id)
}

/// What is wrong with the entries, or with the reasons that stand in the place of some.
pub(crate) fn check(reproduces: &[Recorded], not_reproduced: &IndexMap<String, String>) -> Result<(), String> {
    reproduces.iter().try_for_each(Recorded::check)?;
    for (id, reason) in not_reproduced {
        let wrong = |what: &str| Err(format!("`not-reproduced`: {id}: {what}"));
        if !is_known(id) {
            return wrong(UNKNOWN);
        }
        if reason.trim().is_empty() {
            return wrong("say why not");
        }
        if reproduces.iter().any(|entry| entry.incident == *id) {
            return wrong("it is among `reproduces`: delete one of the two");
        }
    }
    Ok(())
}

/// What came of the entries whose scenarios were judged.
pub(crate) fn outcome(list: &[Recorded], scenarios: &[ScenarioReport]) -> Vec<Reported> {
    let judged =
        |report: &&ScenarioReport| matches!(report.verdict, Verdict::Passed | Verdict::Failed | Verdict::Known);
    let of = |entry: &Recorded| {
        let ran = scenarios
            .iter()
            .filter(judged)
            .filter(|report| entry.scenario.iter().any(|pattern| fits(pattern, &report.id)));
        let reported = |report: &ScenarioReport| Reported {
            incident: entry.incident.clone(),
            scenario: report.id.clone(),
            shows: entry.shows().cloned().collect(),
            missing: entry.missing(report),
        };
        ran.map(reported).collect::<Vec<_>>()
    };
    list.iter().flat_map(of).collect()
}

/// True if the words begin with the pattern, whole words.
fn call_fits(pattern: &str, words: &str) -> bool {
    let begins = |separator: &str| Glob::new(format!("{pattern}{separator}*")).fits_value(words);
    Glob::new(pattern).fits_value(words) || begins(" ") || begins(",")
}

/// A call of the client: `METHOD RESOURCE STATUS[ CODE][, N[ of M] bytes][, broken off]`. The resource is `blob`, `upload`, `manifest`,
/// `tags`, `referrers` or `api`, or the name of who was asked where a redirect led elsewhere; `no answer` stands for the status of none.
pub(crate) fn words(call: &Call) -> String {
    let path =
        call.uri.split_once("://").map_or(call.uri.as_str(), |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
    let path = path.split('?').next().unwrap_or_default();
    let resource = match () {
        () if call.is_redirected() || call.is_for_token() => call.to.as_str(),
        () if path.contains("/blobs/uploads") => "upload",
        () if path.contains("/blobs/") => "blob",
        () if path.contains("/manifests/") => "manifest",
        () if path.contains("/tags/") => "tags",
        () if path.contains("/referrers/") => "referrers",
        () => "api",
    };
    let status = call.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let body = &call.response_body;
    let code = code_in(&body.excerpt).map_or_else(String::new, |code| format!(" {code}"));
    let length = call.response_headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|(_, value)| value.parse::<u64>().ok()).filter(|length| *length != body.bytes);
    let bytes = match length {
        Some(length) => format!(", {} of {length} bytes", body.bytes),
        None if body.bytes > 0 => format!(", {} bytes", body.bytes),
        None => String::new(),
    };
    let broken = if call.status.is_some() && (call.error.is_some() || !body.complete) { ", broken off" } else { "" };
    format!("{} {resource} {status}{code}{bytes}{broken}", call.method)
}

/// The first error code of an answer as the specification shapes it, of which only the first bytes are kept.
fn code_in(body: &str) -> Option<&str> {
    let rest = body.strip_prefix(r#"{"errors":["#)?.split_once(r#""code":""#)?.1;
    rest.split_once('"').map(|(code, _)| code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shakedown_reports::BodyInfo;

    fn call(method: &str, path: &str, status: Option<u16>, body: &str) -> Call {
        Call {
            from: "client".into(),
            to: "registry".into(),
            caused_by: None,
            start_us: 0,
            end_us: Some(1),
            method: method.into(),
            uri: format!("http://registry.test{path}"),
            operation: None,
            key: None,
            key_class: None,
            status,
            error: None,
            note: None,
            request_headers: Vec::new(),
            response_headers: Vec::new(),
            request_body: BodyInfo::default(),
            response_body: BodyInfo { bytes: body.len() as u64, excerpt: body.into(), complete: true, digest: None },
            faults: Vec::new(),
            log: Vec::new(),
        }
    }

    fn report() -> ScenarioReport {
        let plan: shakedown_scenario::Plan = crate::report::testing::plan("late[x]");
        let mut report = crate::report::without_run(&plan, Verdict::Failed, "", "");
        let refused = r#"{"errors":[{"code":"UNKNOWN","message":"unknown error"}]}"#;
        let mut cut = call("GET", "/v2/a/blobs/sha256:00", Some(200), "");
        cut.response_headers = vec![("Content-Length".into(), "5000".into())];
        cut.response_body.complete = false;
        let mut followed = call("GET", "/bucket/key", Some(403), "no");
        followed.to = "s3".into();
        report.calls = vec![
            call("POST", "/v2/a/blobs/uploads/", Some(202), ""),
            call("PATCH", "/v2/a/blobs/uploads/1?_state=x", Some(500), refused),
            call("GET", "/v2/", None, ""),
            cut,
            followed,
        ];
        report.log = vec!["level=error err.detail=\"s3aws: Path not found: /a\"".into()];
        report
    }

    #[test]
    fn a_call_is_told_in_words() {
        let told: Vec<_> = report().calls.iter().map(words).collect();
        assert_eq!(
            told,
            [
                "POST upload 202",
                "PATCH upload 500 UNKNOWN, 57 bytes",
                "GET api no answer",
                "GET blob 200, 0 of 5000 bytes, broken off",
                "GET s3 403, 2 bytes",
            ]
        );
    }

    #[test]
    fn what_was_recorded_must_be_shown_again_in_its_order() {
        for (calls, log, missing) in [
            (vec!["POST upload 202", "PATCH upload 500", "GET blob 200, 0 of *"], "Path not found", None),
            (vec!["PATCH upload 500 UNKNOWN, 57 bytes"], "s3aws*: /a", None),
            (vec!["PATCH upload 500", "POST upload 202"], "Path", Some("POST upload 202")),
            (vec!["PATCH upload 50"], "Path", Some("PATCH upload 50")),
            (vec!["PATCH upload 500, 57 bytes"], "Path", Some("PATCH upload 500, 57 bytes")),
            (vec!["POST upload 202"], "Path is found", Some("log Path is found")),
        ] {
            let texts = |texts: Vec<&str>| OneOrMany(texts.into_iter().map(str::to_owned).collect());
            let entry = Recorded {
                incident: "A01".into(),
                scenario: OneOrMany(vec!["late".into()]),
                calls: texts(calls.clone()),
                fails: OneOrMany::default(),
                log: texts(vec![log]),
            };
            let outcome = outcome(&[entry], &[report()]);
            assert_eq!(outcome[0].missing.first().map(String::as_str), missing, "{calls:?}");
        }
    }

    #[test]
    fn a_reason_stands_in_the_place_of_an_entry() {
        let entry =
            Recorded { incident: "A01".into(), scenario: OneOrMany(vec!["late".into()]), ..Recorded::default() };
        let entry = Recorded { fails: OneOrMany(vec!["status".into()]), ..entry };
        for (id, reason, wrong) in [
            ("A02", "it has no listing", None),
            ("A02", " ", Some("A02: say why not")),
            ("A01", "it has no listing", Some("A01: it is among `reproduces`")),
            ("Z01", "it has no listing", Some("Z01: there is no such incident")),
        ] {
            let reasons = IndexMap::from([(id.to_owned(), reason.to_owned())]);
            let said = check(std::slice::from_ref(&entry), &reasons).err();
            assert_eq!(said.is_some(), wrong.is_some(), "{id}: {said:?}");
            assert!(said.zip(wrong).is_none_or(|(said, wrong)| said.contains(wrong)), "{id}");
        }
    }

    #[test]
    fn what_was_not_judged_shows_nothing_either_way() {
        let entry =
            Recorded { incident: "A01".into(), scenario: OneOrMany(vec!["late".into()]), ..Recorded::default() };
        let skipped = ScenarioReport { verdict: Verdict::Skipped, ..report() };
        assert_eq!(outcome(&[entry], &[skipped]), []);
    }
}
