//! `answer`: another answer instead of the party's (B01 to B08, E03 to E06).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use indexmap::IndexMap;

use super::EffectKind;
use crate::forms::{scalar_too, short_form};
use crate::pages::{PageName, gateway_page};
use crate::status::Status;
use crate::{Action, Moment, s3_error};

/// The answer. `answer: 503` is one without a body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
#[schemars(transform = scalar_too)]
pub struct Answer {
    /// Its status.
    pub status: Status,
    /// Its body; empty unless given.
    #[serde(default)]
    pub body: Content,
    /// Further headers; they replace those that the body brings.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, String>,
    /// Answers without reading the request's body.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub early: bool,
    /// The request is applied first; only its answer is another.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub applied: bool,
}

/// What stands in the body.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// Nothing.
    #[default]
    Empty,
    /// The page of an openresty gateway for this status.
    Html,
    /// An S3 error document.
    Xml(ErrorDocument),
    /// This JSON.
    Json(serde_json::Value),
    /// This text.
    Text(String),
    /// A captured page, by its name.
    Page(PageName),
}

/// An S3 error document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ErrorDocument {
    /// S3's code; without it the element is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The message; S3's own for the code unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl From<Status> for Answer {
    fn from(status: Status) -> Self {
        Self { status, body: Content::Empty, headers: IndexMap::new(), early: false, applied: false }
    }
}

short_form!(Answer, Status, "a status, or a mapping with `status` and what else the answer has");

/// A body with the headers that go with it.
type Parts = (Bytes, Vec<(String, String)>);

impl Content {
    /// The bytes for an answer of this status.
    fn parts(&self, status: Status, rng: &mut ChaCha8Rng) -> Parts {
        let typed = |kind: &str| vec![("content-type".to_owned(), kind.to_owned())];
        match self {
            Self::Empty => (Bytes::new(), Vec::new()),
            Self::Html => {
                let (page, server) = gateway_page(status.0);
                let mut headers = typed("text/html");
                headers.push(("server".to_owned(), server.to_owned()));
                (Bytes::from(page), headers)
            }
            Self::Xml(ErrorDocument { code, message }) => {
                let document = s3_error::document(code.as_deref(), message.as_deref(), rng);
                let mut headers = typed("application/xml");
                headers.push(("x-amz-request-id".to_owned(), document.request_id));
                (Bytes::from(document.body), headers)
            }
            Self::Json(value) => (Bytes::from(value.to_string()), typed("application/json")),
            Self::Text(text) => (Bytes::from(text.clone()), typed("text/plain; charset=utf-8")),
            Self::Page(PageName(page)) => {
                let mut headers = typed("text/html");
                headers.extend(page.server.map(|server| ("server".to_owned(), server.to_owned())));
                (Bytes::from_static(page.bytes), headers)
            }
        }
    }

    fn noun(&self) -> String {
        match self {
            Self::Empty => "no body".to_owned(),
            Self::Html => "an HTML page".to_owned(),
            Self::Xml(ErrorDocument { code: Some(code), .. }) => code.clone(),
            Self::Xml(_) => "an XML error without a code".to_owned(),
            Self::Json(_) => "a JSON body".to_owned(),
            Self::Text(_) => "a text".to_owned(),
            Self::Page(PageName(page)) => format!("the page {}", page.name),
        }
    }
}

impl EffectKind for Answer {
    fn summary(&self) -> String {
        let when = match (self.early, self.applied) {
            (true, _) => " before it has read the request's body",
            (_, true) => " although the request was applied",
            _ => "",
        };
        format!("answers {} with {}{when}", self.status, self.body.noun())
    }

    fn actions(&self, rng: &mut ChaCha8Rng) -> Vec<Action> {
        let (body, mut headers) = self.body.parts(self.status, rng);
        headers.retain(|(name, _)| !self.headers.keys().any(|own| own.eq_ignore_ascii_case(name)));
        headers.extend(self.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
        let moment = if self.applied { Moment::Applied } else { Moment::Before };
        let answer = crate::Answer { status: self.status.0, headers, body, read_request: !self.early };
        vec![Action::Answer(moment, answer)]
    }

    fn problems(&self) -> Vec<String> {
        let mut found = header_problems(&self.headers);
        if self.early && self.applied {
            found.push("`answer`: what is answered early cannot have been applied".to_owned());
        }
        found
    }
}

/// Names and values that no HTTP message can carry.
pub(crate) fn header_problems(headers: &IndexMap<String, String>) -> Vec<String> {
    let bad = |(name, value): &(&String, &String)| {
        HeaderName::from_bytes(name.as_bytes()).is_err() || HeaderValue::from_str(value).is_err()
    };
    headers.iter().filter(bad).map(|(name, value)| format!("`{name}: {value}` is not a header")).collect()
}
