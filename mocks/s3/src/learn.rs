//! Learns how a store differs from S3 while requests go to it, and says it as faults of the mock. Only operations, statuses, codes and
//! times are kept: no key, no header, no body, so nothing secret can be written. Not here: the way of the requests (`proxy`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::Code;
use crate::xml::Element;

/// Times kept per operation; later ones tell nothing new.
const TIMES: usize = 10_000;
/// Latency that is not worth a fault.
const NEAR: Duration = Duration::from_millis(5);
/// Open uploads that are watched for late listings.
const WATCHED: usize = 2000;

/// What is learned so far. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Learner(Arc<Mutex<Learned>>);

/// A request, as far as it teaches something.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) operation: String,
    pub(crate) key: String,
    pub(crate) upload: Option<String>,
    pub(crate) is_head: bool,
    /// It asks for directories: with a delimiter.
    pub(crate) pages: bool,
}

impl Seen {
    /// Whether the answer is a small document that teaches something.
    pub(crate) fn is_document(&self) -> bool {
        self.operation.starts_with("List") || self.operation == "CreateMultipartUpload"
    }
}

#[derive(Debug, Default)]
struct Learned {
    operations: BTreeMap<String, Operation>,
    /// Bodies of errors by status: how many of each kind.
    errors: BTreeMap<u16, BTreeMap<&'static str, u32>>,
    open: Vec<Upload>,
    lags: Vec<Duration>,
    /// Uploads that were looked for and were not listed until they ended.
    never: u32,
    listed: u32,
}

#[derive(Debug, Default)]
struct Operation {
    count: u32,
    times: Vec<Duration>,
    statuses: BTreeSet<u16>,
    /// Refusals as not implemented: how many, and the last one.
    refused: u32,
    refusal: (u16, &'static str),
    /// Pages with a 200, and those that lack an element.
    pages: u32,
    without_truncated: u32,
    truncated: u32,
    without_marker: u32,
}

/// An upload that was begun and not ended.
#[derive(Debug)]
struct Upload {
    key: String,
    id: String,
    since: Instant,
    missed: Option<Duration>,
    listed: bool,
}

impl Learner {
    /// Takes one answer.
    pub(crate) fn learn(&self, seen: &Seen, status: u16, body: &[u8], took: Duration) {
        let mut learned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        learned.answer(seen, status, body, took);
        if status == 200 {
            learned.uploads(seen, body);
        }
        let ends =
            matches!(seen.operation.as_str(), "CompleteMultipartUpload" | "AbortMultipartUpload") && status < 300;
        if let Some(id) = seen.upload.as_deref().filter(|_| ends) {
            learned.ended(id);
        }
    }

    /// The differences as a list of faults in YAML, for `serve s3 --fault`. Empty if there is none.
    pub fn faults(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).faults()
    }

    /// Requests that were seen.
    pub fn requests(&self) -> u64 {
        let learned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        learned.operations.values().map(|operation| u64::from(operation.count)).sum()
    }
}

/// What kind of body an error has.
fn kind(body: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(&body[..body.len().min(512)]).trim_start().to_lowercase();
    if Element::parse(body, "Error").is_ok_and(|error| error.child("Code").is_some()) {
        "xml"
    } else if text.is_empty() {
        "empty"
    } else if text.starts_with('{') {
        "{ json: {} }"
    } else {
        "html"
    }
}

impl Learned {
    fn answer(&mut self, seen: &Seen, status: u16, body: &[u8], took: Duration) {
        let operation = self.operations.entry(seen.operation.clone()).or_default();
        operation.count += 1;
        operation.statuses.insert(status);
        if operation.times.len() < TIMES {
            operation.times.push(took);
        }
        if status >= 400 && !seen.is_head {
            let kind = kind(body);
            let code = Element::parse(body, "Error").ok();
            let code = code.as_ref().and_then(|error| error.child("Code")).unwrap_or_default();
            if matches!(status, 405 | 501) || matches!(code, "NotImplemented" | "MethodNotAllowed") {
                operation.refused += 1;
                operation.refusal = (status, kind);
            } else {
                *self.errors.entry(status).or_default().entry(kind).or_default() += 1;
            }
        } else if status == 200 && matches!(seen.operation.as_str(), "ListObjects" | "ListObjectsV2") {
            let Ok(page) = Element::parse(body, "ListBucketResult") else { return };
            operation.pages += 1;
            operation.without_truncated += u32::from(page.child("IsTruncated").is_none());
            if seen.operation == "ListObjects" && seen.pages && page.child("IsTruncated") == Some("true") {
                operation.truncated += 1;
                operation.without_marker += u32::from(page.child("NextMarker").is_none());
            }
        }
    }

    /// Follows uploads from their beginning to their first listing.
    fn uploads(&mut self, seen: &Seen, body: &[u8]) {
        if seen.operation == "CreateMultipartUpload" && self.open.len() < WATCHED {
            let Ok(root) = Element::parse(body, "InitiateMultipartUploadResult") else { return };
            let id = root.child("UploadId").unwrap_or_default().to_owned();
            let (key, since) = (seen.key.clone(), Instant::now());
            self.open.push(Upload { key, id, since, missed: None, listed: false });
        } else if seen.operation == "ListMultipartUploads" {
            let Ok(page) = Element::parse(body, "ListMultipartUploadsResult") else { return };
            if page.child("IsTruncated") == Some("true") {
                return;
            }
            let ids: Vec<_> = page.children.iter().filter_map(|upload| upload.child("UploadId")).collect();
            // Some stores list an upload for its whole key only, which is another matter.
            for upload in self.open.iter_mut().filter(|upload| upload.key == seen.key && !upload.listed) {
                if !ids.contains(&upload.id.as_str()) {
                    upload.missed = Some(upload.since.elapsed());
                } else {
                    upload.listed = true;
                    self.listed += 1;
                    if upload.missed.is_some() {
                        self.lags.push(upload.since.elapsed());
                    }
                }
            }
        }
    }

    fn ended(&mut self, id: &str) {
        if let Some(at) = self.open.iter().position(|upload| upload.id == id) {
            let upload = self.open.swap_remove(at);
            self.never += u32::from(!upload.listed && upload.missed.is_some());
        }
    }

    fn faults(&self) -> String {
        let mut text = String::new();
        let mut fault = |when: &str, effect: &str| {
            let _ = writeln!(text, "- {{ on: s3, when: {{ {when} }}, effect: {{ {effect} }} }}");
        };
        for (name, seen) in self.operations.iter().filter(|(_, seen)| seen.refused > 0 && seen.refused == seen.count) {
            let (status, kind) = seen.refusal;
            let code = if status == 405 { Code::MethodNotAllowed } else { Code::NotImplemented };
            let xml = format!("{{ xml: {{ code: {} }} }}", code.name());
            let body = if kind == "xml" { &xml } else { kind };
            fault(&format!("operation: {name}"), &format!("answer: {{ status: {status}, body: {body} }}"));
        }
        let mut replaced = BTreeSet::new();
        for (status, kinds) in &self.errors {
            let most = kinds.iter().max_by_key(|(_, count)| **count).map(|(kind, _)| *kind);
            if let Some(kind) = most.filter(|_| !kinds.contains_key("xml")) {
                fault(
                    &format!("when-answer: {{ status: {status} }}"),
                    &format!("answer: {{ status: {status}, body: {kind} }}"),
                );
                replaced.insert(*status);
            }
        }
        for (name, seen) in self.operations.iter().filter(|(_, seen)| seen.pages > 0) {
            if seen.without_truncated == seen.pages {
                fault(&format!("operation: {name}"), "xml: { drop: IsTruncated }");
            } else if seen.truncated > 0 && seen.without_marker == seen.truncated {
                fault(&format!("operation: {name}"), "xml: { drop: NextMarker }");
            }
        }
        let mut lags = self.lags.clone();
        lags.sort();
        match lags.get(lags.len() / 2) {
            Some(lag) => fault(
                "operation: CreateMultipartUpload",
                &format!("visible-after: {{ what: multipart-uploads, delay: {}ms }}", lag.as_millis()),
            ),
            None if self.never > 0 && self.listed == 0 => fault("operation: ListMultipartUploads", "page: empty"),
            None => {}
        }
        // The first fault that fits strikes, so what is only slow comes last, and waits for its answer, too, where other faults do: those
        // come second to a fault that need not wait.
        for (name, seen) in &self.operations {
            let mut times = seen.times.clone();
            times.sort();
            if let Some(median) = times.get(times.len() / 2).filter(|median| **median >= NEAR) {
                let others: Vec<_> = seen.statuses.difference(&replaced).map(u16::to_string).collect();
                let when = match replaced.is_empty() {
                    true => format!("operation: {name}"),
                    false => format!("operation: {name}, when-answer: {{ status: [{}] }}", others.join(", ")),
                };
                if !others.is_empty() {
                    fault(&when, &format!("delay: {}ms", median.as_millis()));
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(learner: &Learner, status: u16, body: &str, took: u64) {
        let operation = "GetObject".to_owned();
        let seen = Seen { operation, key: "a".to_owned(), upload: None, is_head: false, pages: false };
        learner.learn(&seen, status, body.as_bytes(), Duration::from_millis(took));
    }

    #[test]
    fn a_slow_store_with_bad_errors_is_learned_as_both() {
        let learner = Learner::default();
        (0..3).for_each(|_| get(&learner, 200, "", 40));
        assert_eq!(learner.faults(), "- { on: s3, when: { operation: GetObject }, effect: { delay: 40ms } }\n");
        (0..2).for_each(|_| get(&learner, 404, "<html>no</html>", 40));
        insta::assert_snapshot!(learner.faults(), @r"
        - { on: s3, when: { when-answer: { status: 404 } }, effect: { answer: { status: 404, body: html } } }
        - { on: s3, when: { operation: GetObject, when-answer: { status: [200] } }, effect: { delay: 40ms } }
        ");
        assert_eq!(learner.requests(), 5);
    }
}
