//! Expectations on answers and on the storage side, and invariants.

use regex_lite::Regex;
use shakedown_faults::OPERATIONS;

use super::{Report, prose, steps};
use crate::expect::{AnswerRule, Expect, Invariant, Lost, Matcher, MatcherKind, StorageRequests};
use crate::problem::shown;
use crate::read::tree::Seg::{self, Item, Key};

fn below<'w>(way: &[Seg<'w>], more: &[Seg<'w>]) -> Vec<Seg<'w>> {
    way.iter().chain(more).copied().collect()
}

/// What is expected of one answer.
pub(super) fn answer(report: &mut Report<'_>, expect: &Expect, way: &[Seg<'_>]) {
    for (name, matcher) in &expect.headers {
        let way = below(way, &[Key("headers"), Key(name)]);
        steps::header(report, name, &way);
        value(report, matcher, &way);
    }
    for (index, code) in expect.code.iter().enumerate() {
        let right = !code.is_empty() && code.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        let message = format!("`{}` cannot be an error code", shown(code));
        report.must(
            right,
            &below(way, &[Key("code"), Item(index)]),
            message,
            "codes have capitals and underscores, e.g. BLOB_UNKNOWN",
        );
    }
    if let Some(body) = &expect.body {
        let way = below(way, &[Key("body")]);
        for (text, matcher) in &body.json {
            let way = below(&way, &[Key("json"), Key(text)]);
            pointer(report, text, &way);
            value(report, matcher, &way);
        }
    }
    for (index, id) in expect.rule.iter().enumerate() {
        prose::rule(report, id, &below(way, &[Key("rule"), Item(index)]));
    }
    one_of(report, expect, way);
    let asks = expect.status.is_some()
        || expect.body.is_some()
        || !expect.headers.is_empty()
        || !expect.code.is_empty()
        || !expect.one_of.is_empty();
    if expect.connection == Some(Lost::Lost) && asks {
        let message = "where the connection is lost there is no answer to look at";
        report.add(
            &below(way, &[Key("connection")]),
            message,
            "take out `connection`, or status, headers, code and body",
        );
    }
}

/// The answers of which one must come.
fn one_of(report: &mut Report<'_>, expect: &Expect, way: &[Seg<'_>]) {
    let way = below(way, &[Key("one-of")]);
    let help = "give two answers or more, each with what only it has";
    report.must(expect.one_of.len() != 1, &way, "one answer is no choice", help);
    for (index, one) in expect.one_of.iter().enumerate() {
        let way = below(&way, &[Item(index)]);
        let message = "a choice within a choice";
        report.must(one.one_of.is_empty(), &way, message, "write all answers into one list");
        let message = "the end of the connection and the time do not depend on the answer";
        report.must(one.connection.is_none() && one.within.is_none(), &way, message, "write them beside `one-of`");
        answer(report, one, &way);
    }
}

/// A matcher.
fn value(report: &mut Report<'_>, matcher: &Matcher, way: &[Seg<'_>]) {
    if let Matcher::Kind(kind @ (MatcherKind::Matches(pattern) | MatcherKind::AbsentOrMatches(pattern))) = matcher {
        let key = if matches!(kind, MatcherKind::Matches(_)) { "matches" } else { "absent-or-matches" };
        // What is filled in at run time stands for some text.
        let sample = report.subject.sample(pattern).unwrap_or_default();
        if let Err(error) = Regex::new(&sample) {
            let message = format!("`{}` is not a regular expression: {error}", shown(pattern));
            report.add(
                &below(way, &[Key(key)]),
                message,
                "escape `(`, `[`, `{`, `*` and `?` with a backslash, and quote the text with '...'",
            );
        }
    }
}

/// A JSON pointer (RFC 6901).
pub(super) fn pointer(report: &mut Report<'_>, text: &str, way: &[Seg<'_>]) {
    let escapes = text.match_indices('~').all(|(at, _)| matches!(text.as_bytes().get(at + 1), Some(b'0' | b'1')));
    let right = (text.is_empty() || text.starts_with('/')) && escapes;
    report.must(
        right,
        way,
        format!("`{}` is not a JSON pointer", shown(text)),
        "write the way from the root: `/errors/0/code`",
    );
}

/// A count of storage calls; `counted` is false in an order, where counts mean nothing.
pub(super) fn storage(report: &mut Report<'_>, rule: &StorageRequests, way: &[Seg<'_>], counted: bool) {
    for (index, name) in rule.operation.iter().enumerate() {
        let way = below(way, &[Key("operation"), Item(index)]);
        report.one_of(
            "S3 operation",
            name,
            OPERATIONS.iter().copied(),
            &way,
            "operations are named as in S3, e.g. ListMultipartUploads",
        );
    }
    let range = rule.at_least.is_some() || rule.at_most.is_some();
    match (counted, rule.exactly.is_some(), range) {
        (false, false, false) => {}
        (false, ..) => {
            report.add(way, "counts mean nothing in an order", "count in an entry `storage-requests` of its own")
        }
        (true, true, true) => {
            report.add(way, "`exactly` leaves no room for `at-least` and `at-most`", "keep one of them")
        }
        (true, false, false) if !report.subject.broken => {
            report.add(way, "there is no count", "add `exactly`, `at-least` or `at-most`")
        }
        _ => {}
    }
    if let (Some(least), Some(most)) = (rule.at_least, rule.at_most) {
        report.must(least <= most, way, format!("at least {least} and at most {most} cannot both hold"), "swap them");
    }
    not_zero(report, rule.at_least, way);
}

/// A least count must be able to fail.
pub(super) fn not_zero(report: &mut Report<'_>, least: Option<u64>, way: &[Seg<'_>]) {
    let way = below(way, &[Key("at-least")]);
    report.must(least != Some(0), &way, "`at-least: 0` always holds", "raise it, or take it out");
}

/// `after`.
pub(super) fn after(report: &mut Report<'_>) {
    let scenario = report.subject.scenario;
    for (index, invariant) in scenario.after.iter().enumerate() {
        let way = [Key("after"), Item(index)];
        match invariant {
            Invariant::NoAnswer(rule) => answers(report, rule, &below(&way, &[Key("no-answer")])),
            Invariant::OnlyAnswers(rule) => answers(report, rule, &below(&way, &[Key("only-answers")])),
            Invariant::StorageRequests(rule) => storage(report, rule, &below(&way, &[Key("storage-requests")]), true),
            Invariant::StorageOrder(order) => {
                let way = below(&way, &[Key("storage-order"), Key("calls")]);
                report.must(
                    order.calls.len() > 1 || report.subject.broken,
                    &way,
                    "an order has at least two calls",
                    "add the call that must come after",
                );
                for (index, rule) in order.calls.iter().enumerate() {
                    storage(report, rule, &below(&way, &[Item(index)]), false);
                }
            }
            Invariant::NoOrphanUploads
            | Invariant::EveryTagResolves
            | Invariant::NoLeakedBytes
            | Invariant::Audit(_)
            | Invariant::AcknowledgedIsReadable => {}
        }
    }
}

fn answers(report: &mut Report<'_>, rule: &AnswerRule, way: &[Seg<'_>]) {
    let broken = report.subject.broken;
    report.must(
        broken || !rule.status.is_empty(),
        &below(way, &[Key("status")]),
        "no status is named",
        "e.g. `status: 5xx`",
    );
    for (index, method) in rule.method.iter().enumerate() {
        let way = below(way, &[Key("method"), Item(index)]);
        report.one_of(
            "method",
            method,
            shakedown_faults::METHODS.iter().copied(),
            &way,
            "methods are written in capitals",
        );
    }
}
