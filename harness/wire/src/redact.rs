//! What must never be written, and what stands in its place. Everything that leaves the recorder has passed here.
//!
//! By name: `Authorization` (the scheme stays, and the scope of a SigV4 credential), cookies, session tokens, signatures of
//! presigned URIs, `user:pass@`, and fields called password, token and the like in JSON, forms and XML. By value: whatever was
//! registered with [`Redactor::add`], as it is and as percent-encoding, forms and JSON spell it.
//! Not here: what is recorded (`exchange`) and when (`recorder`).

mod scan;

use http::HeaderMap;

use crate::Head;

/// What stands in the place of a secret.
pub const REDACTED: &str = "REDACTED";

/// Header fields whose whole value is a secret.
const SECRET_HEADERS: [&str; 13] = [
    "cookie",
    "set-cookie",
    "x-amz-security-token",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-auth-token",
    "x-auth-key",
    "x-storage-pass",
    "x-subject-token",
    "x-storage-token",
    "x-registry-auth",
    "x-registry-config",
    "x-amz-session-token",
];

/// Authorization schemes that are named in the record (RFC 9110 section 16.4.1 and AWS's own); others are secrets as a whole.
const SCHEMES: [&str; 6] = ["Basic", "Bearer", "Digest", "Negotiate", "AWS", "AWS4-HMAC-SHA256"];

/// Replaces secrets in heads, URIs and text. [`Redactor::default`] knows the names only.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Registered values in all their spellings, longest first, so that a part never hides the whole.
    values: Vec<String>,
}

impl Redactor {
    /// From now on `value` is replaced wherever it appears. The empty string is ignored.
    pub fn add(&mut self, value: &str) {
        let json = serde_json::Value::from(value).to_string();
        let percent = percent_encoded(value, false);
        let spellings = [
            value.to_owned(),
            json[1..json.len() - 1].to_owned(),
            percent.to_lowercase(),
            percent,
            percent_encoded(value, true),
        ];
        for spelling in spellings {
            if !spelling.is_empty() && !self.values.contains(&spelling) {
                self.values.push(spelling);
            }
        }
        self.values.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    }

    /// Header lines without secrets, in order.
    pub fn head(&self, headers: &HeaderMap) -> Head {
        headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), self.header(name.as_str(), value.as_bytes())))
            .collect()
    }

    /// The value of one header without secrets.
    pub fn header(&self, name: &str, value: &[u8]) -> String {
        let value = String::from_utf8_lossy(value);
        if SECRET_HEADERS.iter().any(|secret| name.eq_ignore_ascii_case(secret)) {
            return REDACTED.to_owned();
        }
        if name.eq_ignore_ascii_case("authorization") || name.eq_ignore_ascii_case("proxy-authorization") {
            return self.values_in(&authorization(&value));
        }
        self.text(&value)
    }

    /// A URI without credentials, signatures and tokens.
    pub fn uri(&self, uri: &http::Uri) -> String {
        self.text(&uri.to_string())
    }

    /// Any text (a log line, a body, an error) without secrets.
    pub fn text(&self, text: &str) -> String {
        scan::named_secrets(&self.values_in(text))
    }

    /// The beginning of a body as text. `cut`: the body goes on, so a secret may have been cut in two at the end.
    pub fn excerpt(&self, bytes: &[u8], cut: bool) -> String {
        let text = String::from_utf8_lossy(bytes);
        let mut end = text.len();
        if cut {
            let starts = self.values.iter().filter_map(|value| started(&text, value));
            end = starts.min().unwrap_or(end);
        }
        let mut kept = self.text(&text[..end]);
        if end < text.len() {
            kept.push_str(REDACTED);
        }
        kept
    }

    fn values_in(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for value in &self.values {
            if text.contains(value.as_str()) {
                text = text.replace(value.as_str(), REDACTED);
            }
        }
        text
    }
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} values)", self.values.len())
    }
}

/// [`Redactor::text`] by names alone: for messages that are made where no recorder is at hand.
pub fn text(text: &str) -> String {
    scan::named_secrets(text)
}

/// Where `text` ends in the first part of `value`, at least one character of it.
fn started(text: &str, value: &str) -> Option<usize> {
    let lengths = value.char_indices().map(|(at, _)| at).skip(1);
    lengths.filter(|&length| text.ends_with(&value[..length])).max().map(|length| text.len() - length)
}

/// An `Authorization` value: the scheme stays, and of SigV4 what is no secret: the credential's scope and the signed headers.
fn authorization(value: &str) -> String {
    let (scheme, rest) = value.trim().split_once(' ').unwrap_or(("", value));
    let Some(scheme) = SCHEMES.iter().find(|known| known.eq_ignore_ascii_case(scheme)) else {
        return REDACTED.to_owned();
    };
    if *scheme != "AWS4-HMAC-SHA256" {
        return format!("{scheme} {REDACTED}");
    }
    let fields = rest.split(',').map(|field| match field.trim().split_once('=') {
        Some(("Credential", credential)) => format!("Credential={}", scan::without_key_id(credential)),
        Some(("SignedHeaders", names)) => format!("SignedHeaders={names}"),
        Some(("Signature", _)) => format!("Signature={REDACTED}"),
        _ => REDACTED.to_owned(),
    });
    format!("{scheme} {}", fields.collect::<Vec<_>>().join(", "))
}

/// RFC 3986 percent-encoding; with `form`, a blank is a `+`.
fn percent_encoded(value: &str, form: bool) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' if form => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests;
