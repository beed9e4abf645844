//! An answer that can be changed. Small bodies are held, large ones pass as a stream.

use std::fmt::Display;

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use http::response::Parts;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;
use shakedown_wire::{Body, Response, WireError};

/// Bodies up to this size are held in memory.
const HELD: u64 = 8 << 20;

enum Content {
    Held(Bytes),
    Passing(Body),
}

/// An answer on its way to the client.
pub(crate) struct Answer {
    head: Parts,
    content: Content,
}

impl Answer {
    /// A new answer without a body.
    pub(crate) fn new(status: u16) -> Self {
        let (mut head, ()) = http::Response::new(()).into_parts();
        head.status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = Self { head, content: Content::Held(Bytes::new()) };
        answer.set("content-length", 0);
        answer
    }

    /// A refusal with an error body.
    pub(crate) fn refusal(status: u16, code: &str) -> Self {
        let mut answer = Self::new(status);
        let message = code.to_ascii_lowercase().replace('_', " ");
        answer.set("content-type", "application/json");
        answer.set_json(&serde_json::json!({ "errors": [{ "code": code, "message": message }] }));
        answer
    }

    pub(super) async fn of(response: Response) -> Result<Self, WireError> {
        let (head, body) = response.into_parts();
        let content = match body.length() {
            Some(length) if length <= HELD => {
                Content::Held(body.collect(usize::try_from(length).unwrap_or(usize::MAX)).await?)
            }
            _ => Content::Passing(body),
        };
        Ok(Self { head, content })
    }

    pub(super) fn into_response(self, is_head: bool) -> Response {
        let body = match self.content {
            _ if is_head => Body::empty(),
            Content::Held(bytes) => Body::full(bytes),
            Content::Passing(body) => body,
        };
        Response::from_parts(self.head, body)
    }

    pub(crate) fn status(&self) -> u16 {
        self.head.status.as_u16()
    }

    pub(crate) fn set_status(&mut self, status: u16) {
        self.head.status = StatusCode::from_u16(status).unwrap_or(self.head.status);
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.head.headers.remove(name);
    }

    /// Replaces a header; a value that no header can have is left out.
    pub(crate) fn set(&mut self, name: &'static str, value: impl Display) {
        if let Ok(value) = HeaderValue::from_str(&value.to_string()) {
            self.head.headers.insert(HeaderName::from_static(name), value);
        }
    }

    /// One more line of a header.
    pub(crate) fn add(&mut self, name: &'static str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.head.headers.append(HeaderName::from_static(name), value);
        }
    }

    /// The value of a header, changed.
    pub(crate) fn map(&mut self, name: &'static str, change: impl FnOnce(&str) -> String) {
        if let Some(value) = self.header(name).map(change) {
            self.set(name, value);
        }
    }

    /// The body, if it is small.
    pub(crate) fn bytes(&self) -> Option<&Bytes> {
        match &self.content {
            Content::Held(bytes) => Some(bytes),
            Content::Passing(_) => None,
        }
    }

    /// The header lines from last to first.
    pub(crate) fn reverse_headers(&mut self) {
        let lines: Vec<_> = self.head.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        self.head.headers.clear();
        self.head.headers.extend(lines.into_iter().rev());
    }

    /// Another body, with its length.
    pub(crate) fn set_bytes(&mut self, bytes: impl Into<Bytes>) {
        let bytes = bytes.into();
        self.set("content-length", bytes.len());
        self.content = Content::Held(bytes);
    }

    /// A body without an announced length.
    pub(crate) fn set_chunked(&mut self) {
        self.head.headers.remove(header::CONTENT_LENGTH);
        let body = match std::mem::replace(&mut self.content, Content::Held(Bytes::new())) {
            Content::Held(bytes) => Body::full(bytes),
            Content::Passing(body) => body,
        };
        self.content = Content::Passing(Body::stream(body.into_stream()));
    }

    /// Turns over a bit of the first byte.
    pub(crate) fn damage(&mut self) {
        let body = match std::mem::replace(&mut self.content, Content::Held(Bytes::new())) {
            Content::Held(bytes) => Body::full(bytes),
            Content::Passing(body) => body,
        };
        let length = body.length();
        let mut is_first = true;
        let frames = body.into_stream().map_ok(move |frame| {
            let mut frame = BytesMut::from(&frame[..]);
            if let (true, Some(byte)) = (std::mem::take(&mut is_first), frame.first_mut()) {
                *byte ^= 1;
            }
            frame.freeze()
        });
        self.content = Content::Passing(Body::stream(frames).with_length(length));
    }

    /// The JSON of a small body.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(self.bytes()?).ok()
    }

    pub(crate) fn set_json(&mut self, value: &Value) {
        self.set_bytes(value.to_string());
    }

    /// Changes the JSON of a small body; other bodies stay.
    pub(crate) fn edit_json(&mut self, change: impl FnOnce(&mut Value)) {
        if let Some(mut value) = self.json() {
            change(&mut value);
            self.set_json(&value);
        }
    }

    /// Changes the entries of a list at `pointer`, e.g. `/tags`.
    pub(crate) fn edit_list(&mut self, pointer: &str, change: impl FnOnce(&mut Vec<Value>)) {
        self.edit_json(|value| {
            if let Some(list) = value.pointer_mut(pointer).and_then(Value::as_array_mut) {
                change(list);
            }
        });
    }

    /// The code of an error body.
    pub(crate) fn has_code(&self, code: &str) -> bool {
        let body = self.json();
        body.as_ref().and_then(|body| body.pointer("/errors/0/code")).and_then(Value::as_str) == Some(code)
    }
}
