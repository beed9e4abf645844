//! The JSON body of an error: `{"errors":[{"code","message","detail"}]}` (ER1-ER4).

use serde::{Deserialize, Serialize};

use crate::{ErrorCode, quote};

/// Largest body that is read.
const MAX_BYTES: usize = 256 * 1024;
/// Most entries that are kept.
const MAX_ENTRIES: usize = 64;

/// One error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorEntry {
    /// The code as sent; [`ErrorEntry::known`] reads it.
    pub code: String,
    /// A sentence for people (ER3); may be absent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Anything; may be absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<serde_json::Value>,
}

/// The whole body: at least one entry.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorBody {
    /// The entries.
    pub errors: Vec<ErrorEntry>,
}

/// Why a body does not have the shape (ER1, ER2).
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum ErrorBodyError {
    /// Larger than we read.
    #[error("the error body is larger than {MAX_BYTES} bytes")]
    TooLarge,
    /// Not JSON at all.
    #[error("the error body is not JSON")]
    NotJson,
    /// JSON of another shape.
    #[error("the error body has no \"errors\" list of objects with a \"code\": {reason}")]
    Shape {
        /// What was missing.
        reason: &'static str,
    },
    /// A code with other characters than upper-case letters and underscores (ER2).
    #[error("the error code {code} has other characters than A-Z and _")]
    Code {
        /// The code, quoted and shortened.
        code: String,
    },
}

impl ErrorEntry {
    /// The code, if we know it.
    pub fn known(&self) -> Option<ErrorCode> {
        self.code.parse().ok()
    }
}

impl ErrorBody {
    /// A body with one entry.
    pub fn one(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { errors: vec![ErrorEntry { code: code.as_str().to_owned(), message: message.into(), detail: None }] }
    }

    /// Adds a detail to the last entry.
    #[must_use]
    pub fn detail(mut self, detail: serde_json::Value) -> Self {
        if let Some(entry) = self.errors.last_mut() {
            entry.detail = Some(detail);
        }
        self
    }

    /// The first entry's code as sent.
    pub fn first_code(&self) -> &str {
        self.errors.first().map_or("", |entry| &entry.code)
    }

    /// As sent, in one line.
    pub fn render(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings and JSON values always serialise")
    }

    /// Reads a body of at most 256 KiB; entries after the 64th are dropped.
    ///
    /// # Errors
    /// What is wrong with the shape. Unknown codes are no error here; ask [`ErrorEntry::known`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ErrorBodyError> {
        if bytes.len() > MAX_BYTES {
            return Err(ErrorBodyError::TooLarge);
        }
        let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|_| ErrorBodyError::NotJson)?;
        let shape = |reason| ErrorBodyError::Shape { reason };
        let list = value.get("errors").ok_or_else(|| shape("\"errors\" is missing"))?;
        let list = list.as_array().ok_or_else(|| shape("\"errors\" is not a list"))?;
        if list.is_empty() {
            return Err(shape("\"errors\" is empty"));
        }
        let errors = list.iter().take(MAX_ENTRIES).map(entry).collect::<Result<_, _>>()?;
        Ok(Self { errors })
    }
}

fn entry(value: &serde_json::Value) -> Result<ErrorEntry, ErrorBodyError> {
    let shape = |reason| ErrorBodyError::Shape { reason };
    let object = value.as_object().ok_or_else(|| shape("an entry is not an object"))?;
    let code =
        object.get("code").and_then(|code| code.as_str()).ok_or_else(|| shape("an entry has no text \"code\""))?;
    if code.is_empty() || !code.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') {
        return Err(ErrorBodyError::Code { code: quote(code) });
    }
    let message = match object.get("message") {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(message)) => message.clone(),
        Some(_) => return Err(shape("a \"message\" is not a text")),
    };
    let detail = object.get("detail").filter(|detail| !detail.is_null()).cloned();
    Ok(ErrorEntry { code: code.to_owned(), message, detail })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_body_as_sent() {
        let body = ErrorBody::one(ErrorCode::BlobUnknown, "blob unknown to registry")
            .detail(serde_json::json!({"digest": "sha256:x"}));
        let bytes = body.render();
        insta::assert_snapshot!(String::from_utf8_lossy(&bytes),
            @r#"{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown to registry","detail":{"digest":"sha256:x"}}]}"#);
        assert_eq!(ErrorBody::parse(&bytes).unwrap(), body);
    }

    #[test]
    fn wrong_shapes_are_named() {
        let error = |text: &str| ErrorBody::parse(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(error("<html>"), "the error body is not JSON");
        for (text, reason) in [
            ("{}", "\"errors\" is missing"),
            (r#"{"errors":{}}"#, "\"errors\" is not a list"),
            (r#"{"errors":[]}"#, "\"errors\" is empty"),
            (r#"{"errors":["x"]}"#, "an entry is not an object"),
            (r#"{"errors":[{}]}"#, "an entry has no text \"code\""),
            (r#"{"errors":[{"code":"A","message":1}]}"#, "a \"message\" is not a text"),
            (r#"{"errors":[{"code":"blob unknown"}]}"#, "has other characters"),
        ] {
            assert!(error(text).contains(reason), "{text}: {}", error(text));
        }
        let unknown = ErrorBody::parse(br#"{"errors":[{"code":"SOMETHING_ELSE"}]}"#).unwrap();
        assert_eq!(unknown.errors[0].known(), None);
        assert_eq!(ErrorBody::parse(&vec![b' '; MAX_BYTES + 1]), Err(ErrorBodyError::TooLarge));
        assert_eq!(ErrorBody::parse("[".repeat(100_000).as_bytes()), Err(ErrorBodyError::NotJson));
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes: Vec<u8>) {
            let _ = ErrorBody::parse(&bytes);
        }
    }
}
