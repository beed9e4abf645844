//! A line of a system's log as far as it could be read. Not here: the parsers (`log/`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What distribution says of every answer that is an error; what is with it says more.
const OF_EVERY_ERROR: &str = "response completed with error";

/// What a line of the log says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogLine {
    /// When it was read, microseconds since the scenario began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_us: Option<u64>,
    /// `error`, `warning`, `info`, ...
    pub level: String,
    /// What happened.
    pub message: String,
    /// The code of the error, e.g. `unknown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The error itself, e.g. `s3aws: Path not found: ...`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Method of the request that it speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Path of that request, without its query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Status that was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

impl LogLine {
    /// True if it speaks of something that went wrong.
    pub fn is_bad(&self) -> bool {
        matches!(self.level.as_str(), "warn" | "warning" | "error" | "fatal" | "panic" | "critical")
    }

    /// In one line: level, message, and of the error what the message does not say.
    pub fn gist(&self) -> String {
        let is_new = |text: &&String| !self.message.contains(text.as_str());
        let error: Vec<_> =
            [&self.code, &self.detail].into_iter().flatten().filter(is_new).map(String::as_str).collect();
        let message = (error.is_empty() || self.message != OF_EVERY_ERROR).then_some(self.message.as_str());
        let parts: Vec<_> = std::iter::once(self.level.as_str()).chain(message).chain(error).collect();
        parts.join(": ")
    }

    /// True if it says what the other one says, whenever that was.
    pub(crate) fn says_what(&self, other: &Self) -> bool {
        (&self.level, &self.message, &self.detail) == (&other.level, &other.message, &other.detail)
    }
}

#[cfg(test)]
mod tests {
    use crate::LogFormat;

    #[test]
    fn a_gist_says_each_thing_once() {
        let gist = |line: &str| LogFormat::Logfmt.parse(line).unwrap().gist();
        let answered = r#"level=error msg="response completed with error""#;
        assert_eq!(gist(answered), "error: response completed with error");
        assert_eq!(gist(&format!("{answered} err.code=unknown err.detail=x")), "error: unknown: x");
        assert_eq!(gist(r#"level=warning msg="cannot: no key" error="no key""#), "warning: cannot: no key");
    }
}
