//! Lines of a system's log as what they say: level, message, error, request. One file per format; what a line is made of is the same in
//! all of them. The names are those of distribution; a line that has none of them stays what it is, a text.

mod json;
pub(crate) mod logfmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::LogLine;
use crate::text::elide;

/// How a system writes its log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// Lines of text. Nothing is guessed: where another registry writes `status` or `error`, it may mean something else.
    #[default]
    Plain,
    /// `key=value key="quoted value"`, as logrus writes it for distribution and Harbor's registry.
    Logfmt,
    /// An object a line, as distribution writes it with `log: { formatter: json }`.
    Json,
}

/// Characters that are kept of one text.
const TEXT: usize = 1_000;
/// The names of what is read, the first that is there counts.
const LEVEL: &[&str] = &["level"];
const MESSAGE: &[&str] = &["msg", "message"];
const CODE: &[&str] = &["err.code"];
const DETAIL: &[&str] = &["err.detail", "err.message", "error", "err"];
const METHOD: &[&str] = &["http.request.method"];
const URI: &[&str] = &["http.request.uri"];
const STATUS: &[&str] = &["http.response.status"];

impl LogFormat {
    /// The formats that say more than a text.
    pub(crate) const PARSED: [Self; 2] = [Self::Logfmt, Self::Json];

    /// What a line says; `None` for a line that cannot be read, which is then to be kept as it is.
    pub fn parse(self, line: &str) -> Option<LogLine> {
        let fields = match self {
            Self::Plain => return None,
            Self::Logfmt => logfmt::fields(line)?,
            Self::Json => json::fields(line)?,
        };
        let of = |names: &[&str]| {
            let mut found = names.iter().filter_map(|name| fields.iter().find(|(key, _)| key == name));
            found.next().map(|(_, value)| value.as_str())
        };
        let text = |names| of(names).filter(|text| !text.is_empty()).map(|text| elide(text, TEXT, "..."));
        Some(LogLine {
            at_us: None,
            level: of(LEVEL)?.to_ascii_lowercase(),
            message: text(MESSAGE)?,
            code: text(CODE),
            detail: text(DETAIL),
            method: text(METHOD),
            // What follows the path holds states and signatures.
            path: of(URI).and_then(|uri| uri.split('?').next()).map(|path| elide(path, TEXT, "...")),
            status: of(STATUS).and_then(|status| status.parse().ok()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What docker-registry 2.8.2 says of an upload that storage lists late, times and ids shortened.
    pub(super) const LOGFMT: &str = r#"time="2026-11-21T14:04:21Z" level=error msg="response completed with error" err.code=unknown err.detail="s3aws: \"x\" Path not found: /docker/data" err.message="unknown error" http.request.method=PATCH http.request.uri="/v2/lab/app/blobs/uploads/21b7?_state=c2VjcmV0" http.response.status=500 vars.name=lab/app"#;
    const JSON: &str = r#"{"err.code":"unknown","err.detail":"s3aws: \"x\" Path not found: /docker/data","err.message":"unknown error","http.request.method":"PATCH","http.request.uri":"/v2/lab/app/blobs/uploads/21b7?_state=c2VjcmV0","http.response.status":500,"level":"error","msg":"response completed with error","time":"2026-11-21T14:04:21Z"}"#;

    #[test]
    fn both_formats_say_the_same() {
        let line = LogFormat::Logfmt.parse(LOGFMT).unwrap();
        insta::assert_debug_snapshot!(line);
        assert_eq!(LogFormat::Json.parse(JSON).unwrap(), line);
        assert_eq!(LogFormat::Plain.parse(LOGFMT), None, "nothing is guessed");
        assert_eq!((LogFormat::Json.parse(LOGFMT), LogFormat::Logfmt.parse(JSON)), (None, None));
    }

    #[test]
    fn what_cannot_be_read_is_a_text() {
        let lines = [
            "",
            "panic: runtime error",
            "level=error",
            "msg=x",
            "skopeo: time=\"x\" level=fatal msg=y",
            "{",
            "[1]",
            "{\"level\":[]}",
        ];
        for line in lines {
            for format in LogFormat::PARSED {
                assert_eq!(format.parse(line), None, "{format:?} {line}");
            }
        }
        let cut = &LOGFMT[..LOGFMT.find("Path").unwrap()];
        assert_eq!(
            LogFormat::Logfmt.parse(cut).unwrap().detail.as_deref(),
            Some("s3aws: \"x\""),
            "a line that was cut"
        );
        assert_eq!(LogFormat::Json.parse(&JSON[..60]), None);
    }

    proptest! {
        /// Whatever a system prints: no parser panics, and what is read stood in the line.
        #[test]
        fn no_line_breaks_a_parser(line in "\\PC{0,200}|([a-z.]{1,9}=(\"[^\"]{0,9}\"?|[a-z\\\\\"]{0,9}) ?){0,9}|\\{(\"[a-z.]{1,9}\":(\"[a-z\\\\]{0,9}\"|[0-9]{1,9}|null),?){0,9}\\}?") {
            for format in LogFormat::PARSED {
                if let Some(read) = format.parse(&line) {
                    prop_assert!(line.to_ascii_lowercase().contains(&read.level), "{format:?} {line:?} {read:?}");
                }
            }
        }

        /// What logrus writes is read back, whatever stands in it.
        #[test]
        fn a_quoted_text_comes_back(text in "[ -~]{1,60}", status in 100_u16..600) {
            let quoted = serde_json::to_string(&text).unwrap();
            let logfmt = format!("time=\"x\" level=warning msg={quoted} http.response.status={status}");
            let json = format!("{{\"level\":\"warning\",\"msg\":{quoted},\"http.response.status\":{status}}}");
            for (format, line) in [(LogFormat::Logfmt, logfmt), (LogFormat::Json, json)] {
                let read = format.parse(&line).unwrap();
                prop_assert_eq!((read.message.as_str(), read.status), (text.as_str(), Some(status)), "{}", line);
            }
        }
    }
}
