//! Pulling one blob: streamed, hashed on the way, taken up again with `Range` after a cut (PB7, H01, H02).

use http::StatusCode;
use http::header::{CONTENT_ENCODING, CONTENT_RANGE, RANGE};
use shakedown_oci::{ByteRange, Digest, Hasher, RangeRequest, RepositoryName, ServedRange};

use crate::client::{Client, Op};
use crate::content::BlobSink;
use crate::session::{Answer, Hop, Patience};
use crate::{ClientError, Finding, Outcome, check};

/// A blob that was pulled and verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledBlob {
    /// Its digest.
    pub digest: Digest,
    /// Its size.
    pub size: u64,
    /// Bytes that arrived, repeated ones included.
    pub bytes_received: u64,
    /// How often the download broke off and was taken up again.
    pub resumed: u32,
}

impl Client {
    /// Pulls a blob into `sink`, or into nothing. `size` is what a manifest says; without it the answer's `Content-Length` counts.
    pub async fn pull_blob(
        &self,
        repository: &RepositoryName,
        digest: &Digest,
        size: Option<u64>,
        sink: Option<&mut dyn BlobSink>,
    ) -> Outcome<PulledBlob> {
        let op = self.op();
        let result = op.pull_blob(repository, digest, size, sink).await;
        op.ledger.finish(result)
    }
}

impl Op<'_> {
    pub(super) async fn pull_blob(
        &self,
        repository: &RepositoryName,
        digest: &Digest,
        size: Option<u64>,
        mut sink: Option<&mut dyn BlobSink>,
    ) -> Result<PulledBlob, ClientError> {
        let mut download = Download {
            op: self,
            repository,
            digest,
            size,
            hasher: Hasher::new(digest.algorithm()),
            bytes_received: 0,
            resumed: 0,
        };
        let policy = &self.client.options().policy.retry;
        let mut patience = Patience::new(policy);
        let answer = loop {
            let error = match download.run(&mut sink).await {
                Ok(answer) => break answer,
                Err(error) => error,
            };
            if !policy.resume || !error.is_passing() {
                return Err(error);
            }
            let Some(pause) = patience.pause(error.retry_after()) else { return Err(error) };
            tokio::time::sleep(pause).await;
            download.resumed += 1;
        };
        let pulled = download.finish(&answer)?;
        if let Some(sink) = sink {
            sink.commit().await?;
        }
        Ok(pulled)
    }
}

struct Download<'a> {
    op: &'a Op<'a>,
    repository: &'a RepositoryName,
    digest: &'a Digest,
    size: Option<u64>,
    /// Also counts what has arrived.
    hasher: Hasher,
    bytes_received: u64,
    resumed: u32,
}

impl Download<'_> {
    /// One GET, from where the last one stopped. Asks the registry each time, never the URL it once redirected to (C05).
    async fn run(&mut self, sink: &mut Option<&mut dyn BlobSink>) -> Result<Answer, ClientError> {
        let offset = self.hasher.length();
        let mut hop = Hop::get(self.op.client.uri(&format!("{}/blobs/{}", self.repository, self.digest))?);
        if offset > 0 {
            hop = hop.header(RANGE, RangeRequest::Single(ByteRange::From(offset)).to_string());
        }
        let mut answer = self.op.expect(hop, if offset > 0 { &[200, 206] } else { &[200] }).await?;
        let skip = self.begin(&answer, offset)?;
        self.receive(&mut answer, skip, sink).await?;
        Ok(answer)
    }

    /// Checks the head; tells how many bytes of the body we have already.
    fn begin(&mut self, answer: &Answer, offset: u64) -> Result<u64, ClientError> {
        if answer.status() == StatusCode::PARTIAL_CONTENT {
            let range = answer.headers().get(CONTENT_RANGE).map(|value| String::from_utf8_lossy(value.as_bytes()));
            let served = range.as_deref().and_then(|text| text.parse::<ServedRange>().ok());
            if served.is_none_or(|served| served.start != offset) {
                let actual = range.as_deref().unwrap_or("absent");
                self.found(answer, "PB7", "Content-Range of the 206", format!("bytes {offset}-..."), actual);
                return Err(answer.unusable(format!("the 206 does not begin at byte {offset}")));
            }
            return Ok(0);
        }
        self.op.ledger.add(if self.op.client.is_own(&answer.uri) {
            check::content_digest(answer, "PB2", "PB3", self.digest)
        } else {
            check::optional_digest(answer, "PB3", self.digest)
        });
        if let Some(encoding) = answer.text(CONTENT_ENCODING.as_str()).filter(|encoding| *encoding != "identity") {
            self.found(answer, "E07", "Content-Encoding", "identity, as asked for".to_owned(), encoding);
        }
        match (self.size, answer.content_length()) {
            (Some(size), Some(told)) if size != told => {
                self.found(answer, "PB1", "Content-Length of the blob", size.to_string(), &told.to_string());
            }
            (None, told) => self.size = told,
            _ => {}
        }
        Ok(offset)
    }

    async fn receive(
        &mut self,
        answer: &mut Answer,
        mut skip: u64,
        sink: &mut Option<&mut dyn BlobSink>,
    ) -> Result<(), ClientError> {
        while let Some(frame) = answer.frame().await {
            let mut frame = frame.map_err(|error| answer.wire(error))?;
            self.bytes_received += frame.len() as u64;
            let known = usize::try_from(skip).unwrap_or(usize::MAX).min(frame.len());
            skip -= known as u64;
            let frame = frame.split_off(known);
            let received = self.hasher.length() + frame.len() as u64;
            if let Some(size) = self.size.filter(|size| received > *size) {
                self.found(answer, "PB1", "length of the blob", size.to_string(), &format!("at least {received}"));
                return Err(ClientError::Length { at: answer.at(), expected: size, actual: received });
            }
            self.hasher.update(&frame);
            if let Some(sink) = sink {
                sink.write(frame).await?;
            }
        }
        match self.size.filter(|size| *size != self.hasher.length()) {
            Some(expected) => Err(ClientError::Length { at: answer.at(), expected, actual: self.hasher.length() }),
            None => Ok(()),
        }
    }

    fn finish(self, answer: &Answer) -> Result<PulledBlob, ClientError> {
        let size = self.hasher.length();
        let actual = self.hasher.clone().finish();
        if actual != *self.digest {
            self.found(answer, "PB1", "digest of the blob", self.digest.to_string(), &actual.to_string());
            return Err(ClientError::Digest {
                at: answer.at(),
                expected: Box::new(self.digest.clone()),
                actual: Box::new(actual),
            });
        }
        Ok(PulledBlob { digest: actual, size, bytes_received: self.bytes_received, resumed: self.resumed })
    }

    fn found(&self, answer: &Answer, rule: &'static str, what: &str, expected: String, actual: &str) {
        self.op.ledger.add([Finding::new(rule, answer.trace, what, expected, actual)]);
    }
}
