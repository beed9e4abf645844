//! The single requests of an upload: begin, status, cancel, mount. Not here: putting them together (`blob`).

use http::header::RANGE;
use http::{Method, StatusCode, Uri};
use shakedown_oci::{Digest, Received, RepositoryName, UploadRange, UploadRangeError};

use crate::client::{Client, Op};
use crate::location::append_query;
use crate::session::{Answer, Hop};
use crate::{ClientError, Finding, Outcome, check};

/// An upload that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Where the next request goes (CH9).
    pub location: Uri,
    /// `OCI-Chunk-Min-Length` (CH3).
    pub min_chunk: Option<u64>,
}

/// What a registry says about an upload (CH16).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadStatus {
    /// Where the next request goes (CH17).
    pub location: Uri,
    /// How much has arrived; `None` if `Range` is missing or malformed.
    pub received: Option<Received>,
}

/// What came of a mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mounted {
    /// 201: the blob is there (MO1).
    Done {
        /// Where it can be pulled.
        location: Option<Uri>,
    },
    /// 202: an upload has begun instead (MO3).
    Upload(Upload),
}

impl Client {
    /// Begins an upload (PP1).
    pub async fn start_upload(&self, repository: &RepositoryName) -> Outcome<Upload> {
        let op = self.op();
        let result = op.start_upload(repository).await;
        op.ledger.finish(result)
    }

    /// Asks how far an upload is (CH16).
    pub async fn upload_status(&self, location: &Uri) -> Outcome<UploadStatus> {
        let op = self.op();
        let result = op.upload_status(location).await;
        op.ledger.finish(result)
    }

    /// Cancels an upload (CA1); any other status than 204 is an error.
    pub async fn cancel_upload(&self, location: &Uri) -> Outcome<StatusCode> {
        let op = self.op();
        let result = op.expect(Hop::new(Method::DELETE, location.clone()), &[204]).await.map(|answer| answer.status());
        op.ledger.finish(result)
    }

    /// Mounts a blob of another repository (MO1, MO3, D16).
    pub async fn mount(&self, repository: &RepositoryName, digest: &Digest, from: &RepositoryName) -> Outcome<Mounted> {
        let op = self.op();
        let result = op.mount(repository, digest, from).await;
        op.ledger.finish(result)
    }
}

impl Op<'_> {
    pub(super) fn uploads(&self, repository: &RepositoryName) -> Result<Uri, ClientError> {
        self.client.uri(&format!("{repository}/blobs/uploads/"))
    }

    pub(super) async fn start_upload(&self, repository: &RepositoryName) -> Result<Upload, ClientError> {
        let answer = self.expect(Hop::new(Method::POST, self.uploads(repository)?), &[202]).await?;
        self.upload_of(answer, "PP1").await
    }

    /// The upload that a 202 began.
    pub(super) async fn upload_of(&self, answer: Answer, rule: &'static str) -> Result<Upload, ClientError> {
        let Some(location) = check::location(&answer, rule, &self.ledger) else {
            return Err(answer.unusable("the 202 has no Location to go on with"));
        };
        if answer.headers().contains_key(RANGE) {
            self.ledger.add(check::upload_range(&answer, rule, 0));
        }
        let min_chunk = answer.text("oci-chunk-min-length").and_then(|text| text.parse().ok());
        answer.discard().await;
        Ok(Upload { location, min_chunk })
    }

    pub(super) async fn upload_status(&self, location: &Uri) -> Result<UploadStatus, ClientError> {
        let answer = self.expect(Hop::get(location.clone()), &[204]).await?;
        let next = check::location(&answer, "CH16", &self.ledger).unwrap_or_else(|| location.clone());
        let range = answer.text("range").map(str::parse::<UploadRange>);
        let found = |rule, actual: String| {
            self.ledger.add([Finding::new(rule, answer.trace, "Range of the upload's status", "0-<end>", actual)]);
        };
        let received = match range {
            Some(Ok(range)) => Some(range.received()),
            Some(Err(UploadRangeError::WithUnit { text, range })) => {
                found("D05", text);
                Some(range.received())
            }
            Some(Err(error)) => {
                found("CH16", error.to_string());
                None
            }
            None => {
                found("CH16", "absent".to_owned());
                None
            }
        };
        answer.discard().await;
        Ok(UploadStatus { location: next, received })
    }

    pub(super) async fn mount(
        &self,
        repository: &RepositoryName,
        digest: &Digest,
        from: &RepositoryName,
    ) -> Result<Mounted, ClientError> {
        let uri = append_query(
            &append_query(&self.uploads(repository)?, "mount", &digest.to_string()),
            "from",
            from.as_str(),
        );
        let answer = self.expect(Hop::new(Method::POST, uri), &[201, 202]).await?;
        if answer.status() == StatusCode::ACCEPTED {
            return Ok(Mounted::Upload(self.upload_of(answer, "MO3").await?));
        }
        self.ledger.add(check::optional_digest(&answer, "MO2", digest));
        let location = check::location(&answer, "MO1", &self.ledger);
        answer.discard().await;
        Ok(Mounted::Done { location })
    }
}
