//! What an upstream answers instead of what it was asked for, and what clients are told of it (incidents H06, H08). Its words and its
//! address stay here.

use http::{HeaderMap, StatusCode, header};
use shakedown_client::ClientError;
use shakedown_oci::ErrorCode;
use shakedown_wire::{Response, WireError};

use crate::api::Refusal;

/// Seconds after which a client may come again, where the upstream does not say.
const RETRY_AFTER: &str = "5";

/// Why there is no content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("it does not have this")]
    Absent,
    /// It knows who asks, and refuses: nothing that the cache's client could mend.
    #[error("it refuses this cache ({0})")]
    Denied(StatusCode),
    #[error("it takes no more requests now")]
    Throttled { after: Option<String> },
    #[error("it is not available")]
    Busy { after: Option<String> },
    #[error("no answer in time")]
    Silent,
    #[error("{0}")]
    Failed(String),
    /// The cache's own storage.
    #[error("the blob could not be stored")]
    Storage,
}

impl Trouble {
    pub(crate) fn failed(what: impl Into<String>) -> Self {
        Self::Failed(what.into())
    }

    /// Reads an answer that is not 200.
    pub(super) fn of_answer(response: &Response) -> Self {
        let (status, headers) = (response.status(), response.headers());
        match status.as_u16() {
            404 => Self::Absent,
            // A firewall's page says nothing about what the upstream would have said.
            401 | 403 if !super::is_page(headers) => Self::Denied(status),
            429 => Self::Throttled { after: after(headers) },
            503 => Self::Busy { after: after(headers) },
            504 => Self::Silent,
            _ => Self::Failed(format!("it answered {status}")),
        }
    }

    /// Reads what ended a call without an answer.
    pub(super) fn of_error(error: &ClientError) -> Self {
        match (error, error.status()) {
            (ClientError::Wire { error: WireError::Timeout { .. }, .. }, _) => Self::Silent,
            (ClientError::Auth { .. }, Some(429)) => Self::Throttled { after: None },
            (ClientError::Auth { .. }, Some(401)) => Self::Denied(StatusCode::UNAUTHORIZED),
            (ClientError::Auth { .. }, Some(403)) => Self::Denied(StatusCode::FORBIDDEN),
            _ => Self::Failed(error.to_string()),
        }
    }

    /// True where it is not known what the upstream has: what is cached may be served.
    pub(crate) fn is_passing(&self) -> bool {
        !matches!(self, Self::Absent | Self::Denied(_))
    }

    /// The answer for what is not cached; `absent` is that of a plain registry.
    pub(crate) fn refusal(self, absent: Refusal) -> Refusal {
        let unavailable = |message: &str| Refusal::new(ErrorCode::Unavailable, message);
        match self {
            Self::Absent => absent,
            Self::Denied(_) => Refusal::new(ErrorCode::Denied, "the upstream refuses this to the cache"),
            Self::Throttled { after } => {
                Refusal::new(ErrorCode::TooManyRequests, "the upstream takes no more requests of this cache now")
                    .header(header::RETRY_AFTER, after.unwrap_or_else(|| RETRY_AFTER.to_owned()))
            }
            Self::Busy { after } => unavailable("the upstream is not available, and this is not cached")
                .header(header::RETRY_AFTER, after.unwrap_or_else(|| RETRY_AFTER.to_owned())),
            Self::Silent => {
                unavailable("the upstream does not answer, and this is not cached").status(StatusCode::GATEWAY_TIMEOUT)
            }
            Self::Failed(_) => unavailable("the upstream's answer cannot be used, and this is not cached")
                .status(StatusCode::BAD_GATEWAY),
            Self::Storage => unavailable("the cache's storage cannot take this now; try again")
                .header(header::RETRY_AFTER, RETRY_AFTER),
        }
    }
}

/// `Retry-After`, if it is one.
fn after(headers: &HeaderMap) -> Option<String> {
    let text = super::text(headers, header::RETRY_AFTER.as_str())?.trim();
    let is_one = text.parse::<u32>().is_ok() || httpdate::parse_http_date(text).is_ok();
    is_one.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use shakedown_wire::Body;

    use super::*;

    fn answer(status: u16, content_type: &str, retry_after: &str) -> Response {
        let response = http::Response::builder().status(status).header("content-type", content_type);
        response.header("retry-after", retry_after).body(Body::empty()).unwrap()
    }

    #[test]
    fn answers_of_the_upstream_keep_their_meaning() {
        let json = "application/json";
        assert_eq!(Trouble::of_answer(&answer(404, "text/html", "")), Trouble::Absent);
        assert_eq!(
            Trouble::of_answer(&answer(429, json, "7")),
            Trouble::Throttled { after: Some("7".into()) },
            "H06: Retry-After is passed on"
        );
        assert_eq!(Trouble::of_answer(&answer(503, json, "soon")), Trouble::Busy { after: None });
        for status in [401, 403] {
            assert!(!Trouble::of_answer(&answer(status, json, "")).is_passing());
            assert!(
                Trouble::of_answer(&answer(status, "text/html; charset=utf-8", "")).is_passing(),
                "a firewall's page"
            );
        }
        for status in [500, 502, 418, 302] {
            assert!(matches!(Trouble::of_answer(&answer(status, json, "")), Trouble::Failed(_)), "{status}");
        }
    }
}
