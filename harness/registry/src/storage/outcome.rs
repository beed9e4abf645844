//! What a storage call can come to when it does not come to what was asked, and what each kind means for retries, the client and the
//! operator.

use std::time::Duration;

use http::StatusCode;
use shakedown_wire::WireError;

use super::call::Op;

/// The kinds of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The object is not there: an outcome of reads, not an error.
    Absent,
    /// The multipart upload, or an acknowledged part of it, is not there (any more).
    UploadGone,
    /// The object is not any more what the write was to replace: somebody else was faster.
    Conflict,
    /// The asked range is not in the object.
    RangeInvalid,
    /// SlowDown, 429, 503.
    Throttled,
    /// Another 5xx.
    Unavailable,
    /// The connection ended before the answer did, or nobody listens.
    ConnectionLost,
    /// No answer in time.
    Timeout,
    /// A success without the proof of it: another document, no UploadId, cut XML, no ETag.
    NotS3,
    /// What was acknowledged cannot be read (yet), or reads as something else.
    NotVisible,
    /// The bytes were changed on their way in.
    Corrupted,
    /// What is stored does not have its digest.
    Damaged,
    /// The credentials are too old.
    Expired,
    /// 401 or 403.
    Denied,
    /// Wrong bucket, region, clock or address.
    Misconfigured,
    /// The store does not know the operation.
    NotImplemented,
    /// Any other refusal.
    Refused,
}

impl Kind {
    /// Whether the same call may go well a moment later.
    pub(crate) fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::Throttled | Self::Unavailable | Self::ConnectionLost | Self::Timeout | Self::NotS3 | Self::Corrupted
        )
    }

    /// Whether the client is told to come again (503 with Retry-After) or not (500).
    pub(crate) fn waiting_helps(self) -> bool {
        self.is_retryable() || self == Self::NotVisible
    }

    /// An outcome the caller expects and handles; not worth a line by itself.
    fn is_expected(self) -> bool {
        matches!(self, Self::Absent | Self::UploadGone | Self::Conflict | Self::RangeInvalid)
    }

    /// What the operator should do.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Self::Conflict => "nothing: two requests changed one object, and one of them was told so",
            Self::Absent | Self::RangeInvalid => "nothing: the object or range is not there",
            Self::UploadGone => "look for a lifecycle rule or a purge that aborts multipart uploads too early",
            Self::Throttled => "the store asks for fewer requests: raise its limits or lower the load",
            Self::Unavailable => "look at the store's own log for this request; the client was asked to come again",
            Self::ConnectionLost => "check the path to the store: gateway time-outs, idle limits, restarts",
            Self::Timeout => "the store is too slow: look at its latency for this operation",
            Self::NotS3 => {
                "something answers in the store's place (gateway, portal, proxy): send this request past it and compare"
            }
            Self::NotVisible => {
                "the store acknowledged a write that cannot be read: check its consistency, caches and replicas"
            }
            Self::Corrupted => "bytes change between registry and store: check proxies that rewrite bodies",
            Self::Damaged => "the stored object is damaged: restore it, or delete it and push it again",
            Self::Expired => "the credentials have expired and no newer ones were found: renew them",
            Self::Denied => "grant these keys read, write, list and delete on the bucket, or correct the keys",
            Self::Misconfigured => "storage misconfigured: compare bucket, region, endpoint and clock with the store's",
            Self::NotImplemented => {
                "the store lacks this operation: choose another store or the setting that avoids it"
            }
            Self::Refused => "the store refused the request: its error code says why",
        }
    }
}

/// Why one try did not give what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) kind: Kind,
    pub(crate) status: Option<StatusCode>,
    pub(crate) code: Option<String>,
    pub(crate) detail: String,
    pub(crate) retry_after: Option<Duration>,
    /// An error status whose body is not S3's: a gateway answered (incident B01). Counted, and noted for the operator.
    pub(crate) foreign_body: bool,
}

impl Flaw {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, status: None, code: None, detail: detail.into(), retry_after: None, foreign_body: false }
    }

    /// A success that proves nothing.
    pub(crate) fn not_s3(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status: Some(status), ..Self::new(Kind::NotS3, detail) }
    }

    /// The trouble behind a broken connection.
    pub(crate) fn wire(error: &WireError) -> Self {
        let kind = match error {
            WireError::Timeout { .. } => Kind::Timeout,
            _ => Kind::ConnectionLost,
        };
        Self::new(kind, error.to_string())
    }

    /// The trouble behind an S3 error code, whatever status carried it (a 200 may, incident A10).
    pub(crate) fn from_code(op: Op, status: StatusCode, code: &str, message: &str) -> Self {
        let kind = kind_of_code(op, status, code);
        Self { status: Some(status), code: Some(code.to_owned()), ..Self::new(kind, message) }
    }

    /// The trouble behind an error status with a body that is not S3's.
    pub(crate) fn from_status(op: Op, status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status: Some(status), ..Self::new(kind_of_status(op, status), detail) }
    }
}

fn kind_of_code(op: Op, status: StatusCode, code: &str) -> Kind {
    match code {
        "NoSuchKey" | "NotFound" if op.needs_upload() => Kind::UploadGone,
        "NoSuchKey" | "NotFound" => Kind::Absent,
        "NoSuchUpload" => Kind::UploadGone,
        "PreconditionFailed" | "ConditionalRequestConflict" => Kind::Conflict,
        // A part that was acknowledged is not what the store has: as lost as the whole upload.
        "InvalidPart" if op == Op::CompleteMultipartUpload => Kind::UploadGone,
        "InvalidRange" => Kind::RangeInvalid,
        "SlowDown"
        | "Throttling"
        | "ThrottlingException"
        | "TooManyRequests"
        | "RequestLimitExceeded"
        | "SlowDownRead"
        | "SlowDownWrite"
        | "ServiceUnavailable" => Kind::Throttled,
        "InternalError" | "OperationAborted" => Kind::Unavailable,
        "RequestTimeout" | "IncompleteBody" => Kind::Timeout,
        "BadDigest" | "XAmzContentSHA256Mismatch" => Kind::Corrupted,
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => Kind::Expired,
        "NoSuchBucket"
        | "InvalidBucketName"
        | "PermanentRedirect"
        | "TemporaryRedirect"
        | "AuthorizationHeaderMalformed"
        | "RequestTimeTooSkewed"
        | "IllegalLocationConstraintException"
        | "BucketRegionError" => Kind::Misconfigured,
        "NotImplemented" => Kind::NotImplemented,
        _ => kind_of_status(op, status),
    }
}

fn kind_of_status(op: Op, status: StatusCode) -> Kind {
    match status.as_u16() {
        404 if op.needs_upload() => Kind::UploadGone,
        404 if matches!(
            op,
            Op::GetObject | Op::HeadObject | Op::CopyObject | Op::UploadPartCopy | Op::DeleteObject
        ) =>
        {
            Kind::Absent
        }
        412 => Kind::Conflict,
        416 => Kind::RangeInvalid,
        429 | 503 => Kind::Throttled,
        501 => Kind::NotImplemented,
        401 | 403 => Kind::Denied,
        408 => Kind::Timeout,
        500..=599 => Kind::Unavailable,
        300..=399 => Kind::Misconfigured,
        200..=299 => Kind::NotS3,
        _ => Kind::Refused,
    }
}

/// A storage call that failed for good. Its text is for the log alone; a client gets a correlation id (incident B13).
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "storage: {} of a {class} key failed after {attempts} attempt(s): {:?}, status {}, code {}: {}; {}",
    op.name(), flaw.kind, show(flaw.status.as_ref().map(StatusCode::as_str)), show(flaw.code.as_deref()), flaw.detail, flaw.kind.advice()
)]
pub(crate) struct StorageError {
    pub(crate) op: Op,
    pub(crate) class: &'static str,
    pub(crate) attempts: u32,
    pub(crate) flaw: Flaw,
}

impl StorageError {
    pub(crate) fn kind(&self) -> Kind {
        self.flaw.kind
    }

    /// Whether it deserves a log line of its own.
    pub(crate) fn is_trouble(&self) -> bool {
        !self.flaw.kind.is_expected()
    }
}

fn show(text: Option<&str>) -> &str {
    text.unwrap_or("none")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_decide_before_statuses() {
        let kind =
            |op, status: u16, code: &str| Flaw::from_code(op, StatusCode::from_u16(status).unwrap(), code, "").kind;
        assert_eq!(kind(Op::CompleteMultipartUpload, 200, "InternalError"), Kind::Unavailable);
        assert_eq!(kind(Op::CopyObject, 200, "SlowDown"), Kind::Throttled);
        assert_eq!(kind(Op::GetObject, 404, "NoSuchBucket"), Kind::Misconfigured);
        assert_eq!(kind(Op::GetObject, 404, "NoSuchKey"), Kind::Absent);
        assert_eq!(kind(Op::ListParts, 404, "NoSuchKey"), Kind::UploadGone, "RGW's word for it");
        assert_eq!(kind(Op::PutObject, 403, "RequestTimeTooSkewed"), Kind::Misconfigured);
        assert_eq!(kind(Op::PutObject, 400, "RequestTimeout"), Kind::Timeout);
        assert_eq!(kind(Op::PutObject, 400, "ExpiredToken"), Kind::Expired);
        assert_eq!(kind(Op::GetObject, 403, "AccessDenied"), Kind::Denied);
    }

    #[test]
    fn a_listing_that_is_not_found_is_not_an_empty_listing() {
        assert_eq!(Flaw::from_status(Op::ListObjectsV2, StatusCode::NOT_FOUND, "").kind, Kind::Refused);
        assert_eq!(Flaw::from_status(Op::GetObject, StatusCode::NOT_FOUND, "").kind, Kind::Absent);
        assert_eq!(Flaw::from_status(Op::GetObject, StatusCode::BAD_GATEWAY, "").kind, Kind::Unavailable);
        assert_eq!(Flaw::from_status(Op::GetObject, StatusCode::MOVED_PERMANENTLY, "").kind, Kind::Misconfigured);
    }
}
