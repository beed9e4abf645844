//! What is answered when it is not what was asked for. Trouble of the storage is never the client's fault and shows nothing of the
//! store but a correlation id (incident B13).

use http::{HeaderName, HeaderValue, StatusCode, header};
use shakedown_oci::{ErrorBody, ErrorCode, ErrorEntry};
use shakedown_wire::{Body, Response};

use super::ask::{Ask, answer, finish};
use crate::context::Context;
use crate::defects::{DefectSet, denied_is_passed_on, leaks_storage_errors};
use crate::storage::{Kind, StorageError};
use crate::uploads::ReceiveError;

/// Seconds after which a client may come again.
const RETRY_AFTER: u64 = 2;

/// A refusal.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// By the specification.
    Client(Box<Refused>),
    /// Because of the storage.
    Storage(Box<StorageError>),
}

/// What a client did wrong.
#[derive(Debug)]
pub(crate) struct Refused {
    code: ErrorCode,
    status: StatusCode,
    message: String,
    detail: Option<serde_json::Value>,
    headers: Vec<(HeaderName, String)>,
}

impl Refusal {
    /// A refusal with the code's usual status.
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let refused =
            Refused { code, status: code.status(), message: message.into(), detail: None, headers: Vec::new() };
        Self::Client(Box::new(refused))
    }

    /// With another status than the code's usual one.
    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        if let Self::Client(refused) = &mut self {
            refused.status = status;
        }
        self
    }

    /// With a detail for programs.
    pub(crate) fn detail(mut self, detail: serde_json::Value) -> Self {
        if let Self::Client(refused) = &mut self {
            refused.detail = Some(detail);
        }
        self
    }

    /// With a header.
    pub(crate) fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        if let Self::Client(refused) = &mut self {
            refused.headers.push((name, value.into()));
        }
        self
    }

    /// The session is not known (code-3).
    pub(crate) fn unknown_upload() -> Self {
        Self::new(ErrorCode::BlobUploadUnknown, "this upload is not known; begin a new one")
    }

    /// The answer to send.
    pub(crate) fn into_response(self, cx: &Context, defects: &DefectSet) -> Response {
        match self {
            Self::Client(refused) => refused.into_response(),
            Self::Storage(error) => storage_response(&error, cx, defects),
        }
    }
}

impl From<StorageError> for Refusal {
    fn from(error: StorageError) -> Self {
        Self::Storage(Box::new(error))
    }
}

impl From<ReceiveError> for Refusal {
    fn from(error: ReceiveError) -> Self {
        let message = error.to_string();
        match error {
            ReceiveError::Storage(error) => error.into(),
            ReceiveError::ClientGone(_) => Self::new(ErrorCode::SizeInvalid, message),
            ReceiveError::Idle(_) => Self::new(ErrorCode::SizeInvalid, message).status(StatusCode::REQUEST_TIMEOUT),
            ReceiveError::TooLarge => Self::new(ErrorCode::SizeInvalid, message).status(StatusCode::PAYLOAD_TOO_LARGE),
        }
    }
}

impl Refused {
    /// What people are told.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    fn into_response(self) -> Response {
        let entry = ErrorEntry { code: self.code.as_str().to_owned(), message: self.message, detail: self.detail };
        let mut response = error_response(self.status, &ErrorBody { errors: vec![entry] });
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

fn storage_response(error: &StorageError, cx: &Context, defects: &DefectSet) -> Response {
    let waiting_helps = error.kind().waiting_helps();
    let (code, message) = if waiting_helps {
        (ErrorCode::Unavailable, "the registry's storage cannot serve this now; try again")
    } else {
        (ErrorCode::Unknown, "the registry's storage failed; its operator finds the cause under this correlation id")
    };
    let mut status = code.status();
    if error.kind() == Kind::Denied && defects.has(&denied_is_passed_on::DEFECT) {
        status = error.flaw.status.unwrap_or(status);
    }
    let detail = if defects.has(&leaks_storage_errors::DEFECT) {
        serde_json::json!({ "DriverName": "s3aws", "Enclosed": error.to_string() })
    } else {
        serde_json::json!({ "correlation": cx.correlation })
    };
    let mut response = error_response(status, &ErrorBody::one(code, message).detail(detail));
    if waiting_helps {
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER.into());
    }
    response
}

fn error_response(status: StatusCode, body: &ErrorBody) -> Response {
    let bytes = body.render();
    let builder = answer(status)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::CONTENT_LENGTH, bytes.len());
    finish(builder, Body::full(bytes))
}

/// 429 with the time to wait (ER5).
pub(crate) fn too_many_requests(seconds: u64) -> Refusal {
    Refusal::new(ErrorCode::TooManyRequests, "more requests came than this registry takes in a minute")
        .header(header::RETRY_AFTER, seconds.to_string())
}

/// 405 with what is allowed.
pub(crate) fn method_not_allowed(ask: &Ask, allowed: &'static str) -> Refusal {
    Refusal::new(ErrorCode::Unsupported, format!("{} is not supported here; use one of {allowed}", ask.head.method))
        .header(header::ALLOW, allowed)
}
