//! Pushing one blob. Not here: what happens after a failure (`recover`).

use http::header::{CONTENT_RANGE, CONTENT_TYPE};
use http::{Method, StatusCode, Uri};
use shakedown_oci::{ContentRange, Digest, RepositoryName, media_type};

use super::recover::{Recovery, Step};
use super::upload::{Mounted, Upload};
use crate::client::{Client, Op};
use crate::content::Blob;
use crate::location::append_query;
use crate::session::{Answer, Hop, Patience, Payload};
use crate::{ClientError, Finding, Outcome, check};

/// How a blob is uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PushMode {
    /// POST, then PUT with the whole blob (containerd, jib).
    Monolithic,
    /// One POST with digest and blob; goes on with PUT where that is not supported (SP3, D17).
    SinglePost,
    /// POST, one PATCH with the whole blob and no length, PUT (docker, skopeo).
    #[default]
    Streamed,
    /// POST, PATCHes with `Content-Range`, PUT.
    Chunked {
        /// Bytes per chunk; raised to `OCI-Chunk-Min-Length` where the registry sends one.
        size: u64,
    },
}

/// How to push a blob.
#[derive(Debug, Clone, Default)]
pub struct PushBlob {
    /// How it is uploaded.
    pub mode: PushMode,
    /// Try to mount it from here first.
    pub mount_from: Option<RepositoryName>,
    /// HEAD first, and push only what is missing.
    pub head_first: bool,
    /// HEAD afterwards: an acknowledged blob must be there (A14, A15, D14).
    pub verify: bool,
    /// After a failure begin a new upload instead of asking where the old one stands (docker, crane).
    pub new_session: bool,
    /// Cancel the upload if the push fails (CA2). Off by default: what a failed push leaves behind is often the question.
    pub cancel: bool,
}

/// What became of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// HEAD said that it is there already.
    Existed,
    /// It was mounted.
    Mounted,
    /// It was uploaded.
    Uploaded,
}

/// A blob that was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedBlob {
    /// Its digest.
    pub digest: Digest,
    /// Its size.
    pub size: u64,
    /// What became of it.
    pub fate: Fate,
    /// Bytes that were sent, repeated ones included.
    pub bytes_sent: u64,
    /// How often the upload broke off and was taken up again.
    pub resumed: u32,
    /// Where the registry says it can be pulled.
    pub location: Option<Uri>,
}

impl Client {
    /// Pushes a blob.
    pub async fn push_blob(&self, repository: &RepositoryName, blob: &Blob, how: &PushBlob) -> Outcome<PushedBlob> {
        let op = self.op();
        let result = op.push_blob(repository, blob, how).await;
        op.ledger.finish(result)
    }
}

impl Op<'_> {
    pub(super) async fn push_blob(
        &self,
        repository: &RepositoryName,
        blob: &Blob,
        how: &PushBlob,
    ) -> Result<PushedBlob, ClientError> {
        let mut job = Job::new(self, repository, blob, how);
        if how.head_first && self.is_there(repository, blob).await? {
            return Ok(job.pushed(Fate::Existed, None));
        }
        if let Some(from) = &how.mount_from {
            match self.mount(repository, &blob.descriptor.digest, from).await? {
                Mounted::Done { location } => return Ok(job.pushed(Fate::Mounted, location)),
                Mounted::Upload(upload) => job.upload = Some(upload),
            }
        }
        let uploaded = job.run_to_the_end().await;
        if let (Err(_), true, Some(upload)) = (&uploaded, how.cancel, &job.upload) {
            // A failure to cancel is ignored (CA3): the push has failed already, and that is what is reported.
            let _ = self.expect(Hop::new(Method::DELETE, upload.location.clone()), &[204]).await;
        }
        let location = uploaded?;
        if how.verify {
            self.must_be_there(repository, blob).await?;
        }
        Ok(job.pushed(Fate::Uploaded, location))
    }

    /// HEAD of a blob before its upload. A size that differs means it is not this blob that is there (E06, K06).
    pub(super) async fn is_there(&self, repository: &RepositoryName, blob: &Blob) -> Result<bool, ClientError> {
        let Some(head) = self.head_blob(repository, &blob.descriptor.digest).await? else { return Ok(false) };
        let size = blob.descriptor.size;
        if let Some(told) = head.size.filter(|told| *told != size) {
            self.ledger.add([Finding::new(
                "EX3",
                head.trace,
                "Content-Length of HEAD",
                size.to_string(),
                told.to_string(),
            )]);
            return Ok(false);
        }
        // Something that answers 200 to everything knows neither digest nor length.
        Ok(head.digest.is_some() || head.size.is_some())
    }

    async fn must_be_there(&self, repository: &RepositoryName, blob: &Blob) -> Result<(), ClientError> {
        if self.is_there(repository, blob).await? {
            return Ok(());
        }
        let uri = self.client.uri(&format!("{repository}/blobs/{}", blob.descriptor.digest))?;
        self.ledger.add([Finding::new(
            "PP5",
            None,
            "HEAD of the blob after its 201",
            "200 with its size",
            "not there",
        )]);
        let what = "the upload was acknowledged with 201, but the blob is not there as it was pushed".to_owned();
        Err(ClientError::Answer { at: crate::At::new(&Method::HEAD, &uri, None), what })
    }
}

/// The state of one upload while it goes on.
pub(super) struct Job<'a> {
    pub(super) op: &'a Op<'a>,
    pub(super) repository: &'a RepositoryName,
    pub(super) blob: &'a Blob,
    mode: PushMode,
    pub(super) new_session: bool,
    /// The session, once it has begun.
    pub(super) upload: Option<Upload>,
    /// Bytes that the registry has.
    pub(super) offset: u64,
    /// Largest chunk; made smaller when the registry says that one was too large (D08).
    pub(super) chunk_limit: u64,
    /// What was tried last.
    pub(super) step: Step,
    bytes_sent: u64,
    pub(super) resumed: u32,
}

impl<'a> Job<'a> {
    fn new(op: &'a Op<'a>, repository: &'a RepositoryName, blob: &'a Blob, how: &PushBlob) -> Self {
        let mode = how.mode;
        let chunk_limit = if let PushMode::Chunked { size } = mode { size.max(1) } else { u64::MAX };
        Self {
            op,
            repository,
            blob,
            mode,
            new_session: how.new_session,
            upload: None,
            offset: 0,
            chunk_limit,
            step: Step::Begin,
            bytes_sent: 0,
            resumed: 0,
        }
    }

    fn pushed(&self, fate: Fate, location: Option<Uri>) -> PushedBlob {
        let descriptor = &self.blob.descriptor;
        PushedBlob {
            digest: descriptor.digest.clone(),
            size: descriptor.size,
            fate,
            bytes_sent: self.bytes_sent,
            resumed: self.resumed,
            location,
        }
    }

    fn size(&self) -> u64 {
        self.blob.descriptor.size
    }

    /// Uploads, and takes it up again as long as the policy allows.
    async fn run_to_the_end(&mut self) -> Result<Option<Uri>, ClientError> {
        let policy = &self.op.client.options().policy.retry;
        let mut patience = Patience::new(policy);
        loop {
            let error = match self.run().await {
                Ok(location) => return Ok(location),
                Err(error) => error,
            };
            if !policy.resume || !self.may_recover(&error) {
                return Err(error);
            }
            let Some(pause) = patience.pause(error.retry_after()) else { return Err(error) };
            tokio::time::sleep(pause).await;
            self.resumed += 1;
            match self.recover(&error).await {
                Recovery::Done => return Ok(None),
                Recovery::GoOn => {}
                Recovery::GiveUp => return Err(error),
            }
        }
    }

    async fn run(&mut self) -> Result<Option<Uri>, ClientError> {
        if self.upload.is_none() {
            self.step = Step::Begin;
            if self.mode == PushMode::SinglePost {
                match self.single_post().await? {
                    None => {}
                    Some(location) => return Ok(location),
                }
            } else {
                self.upload = Some(self.op.start_upload(self.repository).await?);
            }
        }
        let whole_put = matches!(self.mode, PushMode::Monolithic | PushMode::SinglePost) && self.offset == 0;
        if whole_put {
            return self.close(true).await;
        }
        if self.mode == PushMode::Streamed && self.size() == 0 && self.step == Step::Begin {
            self.patch().await?;
        }
        while self.offset < self.size() {
            self.patch().await?;
        }
        self.close(false).await
    }

    /// `Some` if the blob is up; `None` if an upload was begun instead (SP3).
    async fn single_post(&mut self) -> Result<Option<Option<Uri>>, ClientError> {
        self.step = Step::Close;
        let uri = append_query(&self.op.uploads(self.repository)?, "digest", &self.blob.descriptor.digest.to_string());
        let hop = Hop::new(Method::POST, uri).header(CONTENT_TYPE, media_type::OCTET_STREAM);
        let hop = hop.payload(self.part(0, self.size(), true));
        self.bytes_sent += self.size();
        let answer = self.op.expect(hop, &[201, 202]).await?;
        if answer.status() == StatusCode::ACCEPTED {
            self.upload = Some(self.op.upload_of(answer, "SP3").await?);
            return Ok(None);
        }
        Ok(Some(self.finished(answer, "SP4").await))
    }

    /// Sends the next chunk: the rest of the blob without a length the first time a blob is streamed, else a range.
    async fn patch(&mut self) -> Result<(), ClientError> {
        self.step = Step::Patch;
        let upload = self.upload.clone().expect("run() began one");
        let streamed = self.mode == PushMode::Streamed && self.offset == 0 && (self.resumed == 0 || self.new_session);
        let length = if streamed { self.size() } else { self.chunk_length(&upload) };
        let end = self.offset + length;
        let mut hop = Hop::new(Method::PATCH, upload.location.clone()).header(CONTENT_TYPE, media_type::OCTET_STREAM);
        if let (false, Some(range)) = (streamed, ContentRange::of(self.offset, length)) {
            hop = hop.header(CONTENT_RANGE, range.to_string());
        }
        let hop = hop.payload(self.part(self.offset, end, !streamed));
        self.bytes_sent += length;
        let answer = self.op.expect(hop, &[202]).await?;
        self.op.ledger.add(check::upload_range(&answer, "CH8", end));
        // Without a Location the old one is all there is; the finding tells.
        let location = check::location(&answer, "CH8", &self.op.ledger).unwrap_or(upload.location);
        answer.discard().await;
        self.upload = Some(Upload { location, min_chunk: upload.min_chunk });
        self.offset = end;
        Ok(())
    }

    fn chunk_length(&self, upload: &Upload) -> u64 {
        let wanted = self.chunk_limit.max(upload.min_chunk.unwrap_or(1));
        wanted.min(self.size() - self.offset)
    }

    /// The closing PUT, with the whole blob or without a body.
    async fn close(&mut self, whole: bool) -> Result<Option<Uri>, ClientError> {
        self.step = Step::Close;
        let upload = self.upload.clone().expect("run() began one");
        let uri = append_query(&upload.location, "digest", &self.blob.descriptor.digest.to_string());
        let mut hop = Hop::new(Method::PUT, uri);
        if whole {
            hop = hop.header(CONTENT_TYPE, media_type::OCTET_STREAM).payload(self.part(0, self.size(), true));
            self.bytes_sent += self.size();
        }
        let answer = self.op.expect(hop, &[201]).await?;
        Ok(self.finished(answer, if whole { "PP5" } else { "CH14" }).await)
    }

    async fn finished(&self, answer: Answer, rule: &'static str) -> Option<Uri> {
        self.op.ledger.add(check::optional_digest(&answer, rule, &self.blob.descriptor.digest));
        let location = check::location(&answer, rule, &self.op.ledger);
        answer.discard().await;
        location
    }

    fn part(&self, start: u64, end: u64, sized: bool) -> Payload {
        Payload::Source { source: self.blob.source.clone(), range: start..end, sized }
    }
}
