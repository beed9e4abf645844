//! HAR 1.2 of all exchanges that were kept: a page for each scenario, an entry for each call of any lane. What HAR has no field for
//! (who spoke to whom, faults, errors) is in fields that begin with `_`, as the format wants it.

use std::fmt::{self, Write};

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::{Format, Options};
use crate::{BodyInfo, Call, Report, ScenarioReport};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "har",
    media_type: "application/json",
    extension: "har",
    about: "the exchanges that were kept, for HTTP tools (HAR 1.2)",
    render,
};

fn render(report: &Report, _: &Options, out: &mut dyn Write) -> fmt::Result {
    let start = OffsetDateTime::parse(&report.run.started, &Rfc3339).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let with_calls: Vec<_> = report.scenarios.iter().filter(|scenario| !scenario.calls.is_empty()).collect();
    let pages: Vec<_> = with_calls.iter().map(|scenario| page(scenario, start)).collect();
    let entries: Vec<_> = with_calls
        .iter()
        .flat_map(|scenario| scenario.calls.iter().map(move |call| entry(scenario, call, start)))
        .collect();
    let log = json!({
        "version": "1.2",
        "creator": { "name": "shakedown", "version": report.run.version },
        "pages": pages,
        "entries": entries,
        "comment": "Bodies are the first bytes only; secrets are replaced. In memory, times are virtual.",
    });
    let text = serde_json::to_string_pretty(&json!({ "log": log })).map_err(|_| fmt::Error)?;
    writeln!(out, "{text}")
}

fn page(scenario: &ScenarioReport, start: OffsetDateTime) -> Value {
    json!({
        "startedDateTime": after(start, 0),
        "id": scenario.id,
        "title": scenario.title,
        "pageTimings": { "onContentLoad": -1, "onLoad": ms(scenario.duration_us) },
        "comment": scenario.verdict.name(),
    })
}

fn entry(scenario: &ScenarioReport, call: &Call, start: OffsetDateTime) -> Value {
    let took = call.end_us.unwrap_or(call.start_us).saturating_sub(call.start_us);
    let mut entry = json!({
        "pageref": scenario.id,
        "startedDateTime": after(start, call.start_us),
        "time": ms(took),
        "request": request(call),
        "response": response(call),
        "cache": {},
        "timings": { "send": 0, "wait": ms(took), "receive": 0 },
        "_from": call.from,
        "_to": call.to,
    });
    if let Some(error) = &call.error {
        entry["_error"] = json!(error);
    }
    if !call.faults.is_empty() {
        entry["_faults"] = json!(call.faults.iter().map(|fault| &fault.summary).collect::<Vec<_>>());
    }
    entry
}

fn request(call: &Call) -> Value {
    let mut request = json!({
        "method": call.method,
        "url": call.uri,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&call.request_headers),
        "queryString": query(&call.uri),
        "headersSize": -1,
        "bodySize": call.request_body.bytes,
    });
    if call.request_body.bytes > 0 {
        let mime = value_of(&call.request_headers, "content-type");
        request["postData"] =
            json!({ "mimeType": mime, "text": call.request_body.excerpt, "comment": told(&call.request_body) });
    }
    request
}

fn response(call: &Call) -> Value {
    let headers_of = &call.response_headers;
    json!({
        // HAR readers take 0 for "there was no answer".
        "status": call.status.unwrap_or(0),
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(headers_of),
        "content": {
            "size": call.response_body.bytes,
            "mimeType": value_of(headers_of, "content-type"),
            "text": call.response_body.excerpt,
            "comment": told(&call.response_body),
        },
        "redirectURL": value_of(headers_of, "location"),
        "headersSize": -1,
        "bodySize": call.response_body.bytes,
    })
}

fn told(body: &BodyInfo) -> String {
    let digest = body.digest.as_deref().unwrap_or("no digest");
    format!("{} bytes{}, {digest}", body.bytes, if body.complete { "" } else { ", broken off" })
}

fn headers(lines: &[(String, String)]) -> Vec<Value> {
    lines.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn value_of<'a>(lines: &'a [(String, String)], name: &str) -> &'a str {
    lines.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
}

/// The query as it was sent, still encoded.
fn query(uri: &str) -> Vec<Value> {
    let Some((_, query)) = uri.split_once('?') else { return Vec::new() };
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        json!({ "name": name, "value": value })
    };
    query.split('&').filter(|part| !part.is_empty()).map(pair).collect()
}

fn after(start: OffsetDateTime, us: u64) -> String {
    let offset = Duration::microseconds(i64::try_from(us).unwrap_or(i64::MAX));
    start.checked_add(offset).and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "a time for people and plots")]
fn ms(us: u64) -> f64 {
    us as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn exchanges_of_one_scenario() {
        let mut report = sample::report();
        report.scenarios.truncate(1);
        report.scenarios[0].calls.truncate(4);
        insta::assert_snapshot!(FORMAT.text(&report, &Options::default()));
    }

    #[test]
    fn a_call_without_an_answer_and_a_time_beyond_all_calendars_are_still_entries() {
        let mut report = sample::report();
        report.run.started = "yesterday".to_owned();
        let call = &mut report.scenarios[0].calls[0];
        (call.status, call.end_us, call.start_us) = (None, None, u64::MAX);
        let har: Value = serde_json::from_str(&FORMAT.text(&report, &Options::default())).unwrap();
        assert_eq!(har["log"]["entries"][0]["response"]["status"], 0);
        assert_eq!(har["log"]["entries"][0]["time"], 0.0);
    }
}
