//! One answer, read within bounds, and the usual questions to it.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Version};
use shakedown_s3call::xml::{self, Element};

use crate::probe::{Check, End};

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Until the last byte.
    pub(crate) took: Duration,
    /// What was asked, for reasons.
    pub(crate) what: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The root of an XML body.
    pub(crate) fn root(&self) -> Option<Element> {
        xml::parse(&self.body).ok()
    }

    /// The code of an S3 error body.
    pub(crate) fn code(&self) -> Option<String> {
        let root = self.root().filter(|root| root.name == "Error")?;
        root.text_of("Code").filter(|code| !code.is_empty()).map(short)
    }

    /// Status, code and kind of body in a few words.
    pub(crate) fn seen(&self) -> String {
        let code = match (self.code(), self.root()) {
            (Some(code), _) => format!(" {code}"),
            (None, Some(root)) => format!(" <{}>", short(&root.name)),
            (None, None) if self.body.is_empty() => " without a body".to_owned(),
            (None, None) => format!(" with {} bytes of {}", self.body.len(), self.content_type()),
        };
        format!("{}{code}", self.status)
    }

    fn content_type(&self) -> String {
        match self.header("content-type") {
            "" => "no type".to_owned(),
            kind => short(kind.split(';').next().unwrap_or(kind)),
        }
    }

    /// A failure unless the status is this one.
    pub(crate) fn status(&self, due: u16) -> Check<&Self> {
        if self.status == due { Ok(self) } else { Err(self.wrong(&format!("{due} was due"))) }
    }

    /// A failure unless the status is a success.
    pub(crate) fn success(&self) -> Check<&Self> {
        if (200..300).contains(&self.status) { Ok(self) } else { Err(self.wrong("success was due")) }
    }

    pub(crate) fn wrong(&self, due: &str) -> End {
        End::Fails(format!("{} answered {}; {due}", self.what, self.seen()))
    }

    /// The document with this root, or with the same one by another ending: SDKs look into it and not at its name, but for `Error`
    /// (moto's roots end in `Response`).
    pub(crate) fn document(&self, root: &str) -> Check<Element> {
        let stem = root.trim_end_matches("Result");
        match xml::parse(&self.body) {
            Ok(found) if found.name == root || found.name.strip_prefix(stem) == Some("Response") => Ok(found),
            Ok(_) => Err(self.wrong(&format!("<{root}> was due"))),
            Err(error) => Err(End::Fails(format!("{} answered {} and no <{root}>: {error}", self.what, self.status))),
        }
    }

    /// A failure unless the body is exactly this.
    pub(crate) fn body_is(&self, due: &[u8]) -> Check {
        if self.body == due {
            return Ok(());
        }
        let same = self.body.iter().zip(due).take_while(|(a, b)| a == b).count();
        Err(End::Fails(format!(
            "{} gave {} bytes where {} were due; they differ from byte {same} on",
            self.what,
            self.body.len(),
            due.len()
        )))
    }
}

/// Foreign text in reasons: short and on one line.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(80).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Turns the failure of a preparation into "could not be asked": another probe asks for that.
pub(crate) trait Prepared<T> {
    /// The same, as a preparation.
    fn prepared(self) -> Check<T>;
}

impl<T> Prepared<T> for Check<T> {
    fn prepared(self) -> Self {
        self.map_err(|end| match end {
            End::Fails(reason) | End::Breaks(reason) => End::Blocked(reason),
            other => other,
        })
    }
}
