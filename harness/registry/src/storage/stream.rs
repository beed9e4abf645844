//! Streamed reads of large objects: the first byte is seen before anything is promised, a cut is mended from where it happened, and
//! nothing is ever padded (incidents H01, H02; S3.md section 2: stores that ignore Range).

use std::collections::VecDeque;

use bytes::Bytes;
use shakedown_oci::ServedRange;
use shakedown_wire::{Body, WireError};
use tokio::time::{sleep, timeout};

use super::answer::{Answer, Expect, content_length, etag};
use super::call::{Call, Op};
use super::client::Storage;
use super::outcome::{Flaw, Kind, StorageError};
use crate::context::Context;
use crate::defects::{error_inside_body, pads_cut_bodies};

pub(crate) use shakedown_oci::ByteRange;

/// An object that is being read.
pub(crate) struct Object {
    /// Size of the whole object.
    pub(crate) total: u64,
    /// First byte that is served.
    pub(crate) start: u64,
    /// One after the last byte that is served.
    pub(crate) end: u64,
    /// Exactly the bytes from `start` to `end`, or an error.
    pub(crate) body: Body,
}

/// What came of asking for an object.
pub(crate) enum Opened {
    /// Its bytes.
    Object(Object),
    /// It is not there.
    Absent,
    /// The range lies outside.
    RangeInvalid,
}

/// Where an answer's body begins and how long the whole is.
struct Placed {
    start: u64,
    end: u64,
    total: u64,
}

impl Storage {
    /// Opens the object at `key`, or a range of it.
    pub(crate) async fn open(&self, cx: &Context, key: &str, range: Option<ByteRange>) -> Result<Opened, StorageError> {
        let call = read_call(key, range.map(|range| range.to_string()).as_deref());
        let answer = match self.call(cx, &call, Expect::Stream).await {
            Ok(answer) => answer,
            Err(error) if error.kind() == Kind::Absent => return Ok(Opened::Absent),
            Err(error) if error.kind() == Kind::RangeInvalid => return Ok(Opened::RangeInvalid),
            Err(error) => return Err(error),
        };
        let bad = |reason| self.failed(cx, &call, 1, Flaw::not_s3(answer.status, reason));
        let placed = place(&answer).map_err(bad)?;
        let wanted = match range {
            None => placed.total.checked_sub(1).map(|last| (0, last)),
            Some(range) => match range.resolve(placed.total) {
                Ok(served) => Some((served.start, served.end)),
                Err(_) => return Ok(Opened::RangeInvalid),
            },
        };
        let (start, end) = wanted.map_or((0, 0), |(first, last)| (first, last + 1));
        // A store that ignores Range sends more than was asked: skip to it. Less or elsewhere is a wrong answer.
        if placed.start > start || placed.end < end {
            return Err(bad("Content-Range is not the range that was asked for"));
        }
        let mut reader = Reader {
            storage: self.clone(),
            cx: cx.clone(),
            key: key.to_owned(),
            etag: etag(&answer.headers),
            next: start,
            end,
            skip: start - placed.start,
            cuts: 0,
            body: answer.body,
            ready: VecDeque::new(),
        };
        if start < end {
            let first =
                reader.frame().await.map_err(|error| self.failed(cx, &call, reader.cuts, Flaw::wire(&error)))?;
            reader.ready.push_back(first);
        }
        Ok(Opened::Object(Object { total: placed.total, start, end, body: reader.into_body(start, end) }))
    }
}

fn read_call(key: &str, range: Option<&str>) -> Call {
    let call = Call::on_key(Op::GetObject, key);
    match range {
        Some(range) => call.header("range", &format!("bytes={range}")),
        None => call,
    }
}

/// Reads status, Content-Range and Content-Length together; what contradicts itself is no answer.
fn place(answer: &Answer) -> Result<Placed, &'static str> {
    let length = content_length(&answer.headers).or(answer.body.length()).ok_or("an object without Content-Length")?;
    if answer.status != http::StatusCode::PARTIAL_CONTENT {
        return Ok(Placed { start: 0, end: length, total: length });
    }
    let header = answer.headers.get(http::header::CONTENT_RANGE).and_then(|value| value.to_str().ok());
    let range: ServedRange =
        header.and_then(|value| value.parse().ok()).ok_or("206 without a readable Content-Range")?;
    let total = range.total.ok_or("206 without the object's size")?;
    if range.length() != length {
        return Err("206 whose Content-Length contradicts its Content-Range");
    }
    Ok(Placed { start: range.start, end: range.end + 1, total })
}

/// Reads `next..end` of an object, across cuts.
struct Reader {
    storage: Storage,
    cx: Context,
    key: String,
    etag: Option<String>,
    next: u64,
    end: u64,
    /// Bytes of the current answer that lie before `next`.
    skip: u64,
    cuts: u32,
    body: Body,
    ready: VecDeque<Bytes>,
}

impl Reader {
    fn into_body(self, start: u64, end: u64) -> Body {
        let stream = futures_util::stream::unfold(Some(self), |reader| async move {
            let mut reader = reader?;
            if let Some(frame) = reader.ready.pop_front() {
                return Some((Ok(frame), Some(reader)));
            }
            if reader.next == reader.end {
                return None;
            }
            match reader.frame().await {
                Ok(frame) => Some((Ok(frame), Some(reader))),
                Err(error) => reader.break_off(error),
            }
        });
        Body::sized(end - start, stream)
    }

    /// The client's connection breaks where the store's did; what else registries do here are defects.
    fn break_off(mut self, error: WireError) -> Option<(Result<Bytes, WireError>, Option<Self>)> {
        if let Some(zeros) = pads_cut_bodies::padding(self.storage.defects(), self.end - self.next) {
            self.next += zeros.len() as u64;
            return Some((Ok(zeros), Some(self)));
        }
        match error_inside_body::words(self.storage.defects()).filter(|_| self.cuts < u32::MAX) {
            Some(words) => {
                self.cuts = u32::MAX;
                Some((Ok(words), Some(self)))
            }
            None => Some((Err(error), None)),
        }
    }

    /// The next bytes that belong to the range.
    async fn frame(&mut self) -> Result<Bytes, WireError> {
        loop {
            let limit = self.storage.retry().attempt_timeout;
            let next = timeout(limit, self.body.next()).await;
            match next.unwrap_or(Some(Err(WireError::Timeout { after: limit }))) {
                Some(Ok(frame)) => {
                    if let Some(frame) = self.fit(frame) {
                        return Ok(frame);
                    }
                }
                Some(Err(error)) => self.mend(error).await?,
                None => self.mend(WireError::Truncated { received: self.next }).await?,
            }
        }
    }

    /// Cuts `frame` to what is wanted; `None` if that is nothing.
    fn fit(&mut self, mut frame: Bytes) -> Option<Bytes> {
        let skipped = self.skip.min(frame.len() as u64);
        self.skip -= skipped;
        let mut frame = frame.split_off(usize::try_from(skipped).unwrap_or(usize::MAX));
        let room = usize::try_from(self.end - self.next).unwrap_or(usize::MAX);
        frame.truncate(room);
        self.next += frame.len() as u64;
        (!frame.is_empty()).then_some(frame)
    }

    /// Asks again from where the bytes stopped.
    async fn mend(&mut self, cut: WireError) -> Result<(), WireError> {
        self.cuts = self.cuts.saturating_add(1);
        let policy = self.storage.retry();
        if self.cuts >= policy.attempts {
            self.cx.warn(&format!(
                "storage: the body of a {} key broke off {} times, last at byte {}: {cut}; the client's connection is broken, too",
                crate::layout::class_of(&self.key),
                self.cuts,
                self.next
            ));
            return Err(cut);
        }
        sleep(self.storage.pause(self.cuts, None)).await;
        let mut call = read_call(&self.key, Some(&format!("{}-{}", self.next, self.end - 1)));
        if let Some(etag) = &self.etag {
            call = call.header("if-match", &format!("\"{etag}\""));
        }
        let answer = self.storage.call(&self.cx, &call, Expect::Stream).await.map_err(|_| cut.clone())?;
        let placed = place(&answer).map_err(|_| cut.clone())?;
        if etag(&answer.headers) != self.etag || placed.start > self.next || placed.end < self.end {
            return Err(cut);
        }
        self.skip = self.next - placed.start;
        self.body = answer.body;
        self.cx.info(&format!("storage: a body broke off and was continued at byte {}", self.next));
        Ok(())
    }
}
