//! One exchange while it runs: raw heads and counters, turned into a redacted [`Exchange`] on demand.

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, Method, StatusCode, Uri};

use super::body::Side;
use crate::redact::Redactor;
use crate::{
    Annotation, Annotations, BodyRecord, Exchange, FaultNote, Lane, Request, RequestRecord, Response, ResponseRecord,
    S3Note, TraceId,
};

/// Bytes kept of a body.
const EXCERPT: usize = 512;

/// An exchange of which parts are still to come.
pub(super) struct Entry {
    pub(super) seq: u64,
    pub(super) annotations: Annotations,
    lane: Lane,
    trace: Option<TraceId>,
    start_us: u64,
    live: Mutex<Live>,
}

/// What changes while the exchange runs.
struct Live {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    request: Capture,
    response: Option<(StatusCode, HeaderMap, Capture)>,
    error: Option<String>,
    end_us: Option<u64>,
    s3: Option<S3Note>,
    faults: Vec<FaultNote>,
    notes: Vec<String>,
}

/// What is known of a body so far.
#[derive(Default)]
struct Capture {
    bytes: u64,
    digest: Option<String>,
    excerpt: Vec<u8>,
    complete: bool,
}

impl Entry {
    pub(super) fn new(seq: u64, lane: Lane, start_us: u64, request: &Request) -> Self {
        let live = Live {
            method: request.method().clone(),
            uri: request.uri().clone(),
            headers: request.headers().clone(),
            request: Capture::default(),
            response: None,
            error: None,
            end_us: None,
            s3: None,
            faults: Vec::new(),
            notes: Vec::new(),
        };
        let trace = TraceId::from_headers(request.headers());
        Self { seq, annotations: Annotations::default(), lane, trace, start_us, live: Mutex::new(live) }
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes went over the seam.
    pub(super) fn passed(&self, side: Side, data: &[u8]) {
        if let Some(capture) = self.live().capture(side) {
            capture.bytes += data.len() as u64;
            let room = EXCERPT.saturating_sub(capture.excerpt.len()).min(data.len());
            capture.excerpt.extend_from_slice(&data[..room]);
        }
    }

    /// A body is over.
    pub(super) fn body_ended(&self, side: Side, complete: bool, digest: Option<String>) {
        if let Some(capture) = self.live().capture(side) {
            capture.complete = complete;
            capture.digest = digest;
        }
    }

    /// The head of the answer is there.
    pub(super) fn answered(&self, response: &Response) {
        self.live().response = Some((response.status(), response.headers().clone(), Capture::default()));
    }

    /// An error came instead of the answer, or ended its body.
    pub(super) fn failed(&self, error: String) {
        self.live().error = Some(error);
    }

    /// Nothing more will come of the answer.
    pub(super) fn end(&self, at_us: u64) {
        self.live().end_us.get_or_insert(at_us);
    }

    /// The exchange as it stands, without secrets.
    pub(super) fn exchange(&self, redactor: &Redactor) -> Exchange {
        let mut live = self.live();
        live.sort(self.annotations.take());
        let request = RequestRecord {
            method: live.method.to_string(),
            uri: redactor.uri(&live.uri),
            headers: redactor.head(&live.headers),
            body: live.request.record(redactor),
        };
        let response = live.response.as_ref().map(|(status, headers, capture)| ResponseRecord {
            status: status.as_u16(),
            headers: redactor.head(headers),
            body: capture.record(redactor),
        });
        let s3 = live.s3.clone().map(|note| S3Note { key: redactor.text(&note.key), ..note });
        Exchange {
            seq: self.seq,
            lane: self.lane.clone(),
            trace: self.trace,
            start_us: self.start_us,
            end_us: live.end_us,
            request,
            response,
            error: live.error.as_deref().map(|error| redactor.text(error)),
            s3,
            faults: live.faults.clone(),
            notes: live.notes.iter().map(|note| redactor.text(note)).collect(),
        }
    }
}

impl Live {
    fn capture(&mut self, side: Side) -> Option<&mut Capture> {
        match side {
            Side::Request => Some(&mut self.request),
            Side::Response => self.response.as_mut().map(|(_, _, capture)| capture),
        }
    }

    fn sort(&mut self, annotations: Vec<Annotation>) {
        for annotation in annotations {
            match annotation {
                Annotation::S3(note) => self.s3 = Some(note),
                Annotation::Fault(note) => self.faults.push(note),
                Annotation::Note(note) => self.notes.push(note),
            }
        }
    }
}

impl Capture {
    fn record(&self, redactor: &Redactor) -> BodyRecord {
        let cut = self.bytes > self.excerpt.len() as u64 || !self.complete;
        let mut excerpt = redactor.excerpt(&self.excerpt, cut);
        if excerpt.len() > EXCERPT {
            excerpt.truncate(excerpt.floor_char_boundary(EXCERPT));
        }
        BodyRecord { bytes: self.bytes, digest: self.digest.clone(), excerpt, complete: self.complete }
    }
}
