//! Finds secrets by the names of their fields, in one pass over any text: forms and queries, JSON, XML, header lines, URIs.

use super::REDACTED;

/// Field names whose values are secrets, lower case, without `-` and `_`.
const SECRET_FIELDS: [&str; 23] = [
    "password",
    "passwd",
    "token",
    "refreshtoken",
    "accesstoken",
    "idtoken",
    "identitytoken",
    "registrytoken",
    "clientsecret",
    "secret",
    "secretkey",
    "secretaccesskey",
    "awssecretaccesskey",
    "sessiontoken",
    "awssessiontoken",
    "xamzsignature",
    "xamzsecuritytoken",
    "signature",
    "signatureprovided",
    "awsaccesskeyid",
    "auth",
    "apikey",
    "xauthtoken",
];

/// Fields of the form `<key id>/<scope>`: the scope is no secret.
const CREDENTIAL_FIELDS: [&str; 2] = ["credential", "xamzcredential"];

/// Header lines inside text (a log, a canonical request): secret to the end of the line.
const SECRET_LINES: [&str; 6] =
    ["authorization", "proxyauthorization", "cookie", "setcookie", "xamzsecuritytoken", "xauthtoken"];

/// Replaces the values of all secret fields.
pub(super) fn named_secrets(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let (mut at, mut copied) = (0, 0);
    while at < bytes.len() {
        let found = if bytes[at..].starts_with(b"://") {
            userinfo(text, at + 3)
        } else if is_escape(&bytes[at..]) {
            at += 3;
            continue;
        } else if is_name(bytes[at]) {
            let end = at + bytes[at..].iter().position(|&byte| !is_name(byte)).unwrap_or(bytes.len() - at);
            let found = field(text, at, end);
            at = end - 1;
            found
        } else {
            None
        };
        at += 1;
        if let Some(Secret { start, end, credential }) = found {
            out.push_str(&text[copied..start]);
            if credential {
                out.push_str(&without_key_id(&text[start..end]));
            } else if end > start {
                out.push_str(REDACTED);
            }
            (at, copied) = (end.max(at), end);
        }
    }
    out.push_str(&text[copied..]);
    out
}

/// `AKIA.../20260101/...` with the key id replaced; also where the slashes are percent-encoded.
pub(super) fn without_key_id(credential: &str) -> String {
    let slashes = [credential.find('/'), credential.find("%2F"), credential.find("%2f")];
    let scope = slashes.into_iter().flatten().min().unwrap_or(credential.len());
    format!("{REDACTED}{}", &credential[scope..])
}

/// A range of the text that must not be written.
struct Secret {
    start: usize,
    end: usize,
    credential: bool,
}

/// The secret that belongs to the name at `start..end`, if it is one of ours and a value follows.
fn field(text: &str, start: usize, end: usize) -> Option<Secret> {
    let name: String =
        text[start..end].chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect();
    let credential = CREDENTIAL_FIELDS.contains(&name.as_str());
    let rest = &text[end..];
    let secret =
        |offset: usize, length: usize| Some(Secret { start: end + offset, end: end + offset + length, credential });
    if credential || SECRET_FIELDS.contains(&name.as_str()) {
        if let Some(value) = rest.strip_prefix('=') {
            let quote = usize::from(value.starts_with('"'));
            return secret(1 + quote, length_until(&value[quote..], &["&", "\"", "<", ">", " ", "\t", "\r", "\n"]));
        }
        if rest.starts_with("%3D") || rest.starts_with("%3d") {
            return secret(3, length_until(&rest[3..], &["%26", "&", "\"", "<", ">", " ", "\t", "\r", "\n"]));
        }
        if rest.starts_with('>') && text[..start].ends_with('<') {
            return secret(1, length_until(&rest[1..], &["<"]));
        }
        if let Some((offset, length)) = json_value(rest) {
            return secret(offset, length);
        }
    }
    if SECRET_LINES.contains(&name.as_str()) && rest.starts_with(':') {
        let blank = rest[1..].len() - rest[1..].trim_start_matches([' ', '\t']).len();
        return secret(1 + blank, length_until(&rest[1 + blank..], &["\r", "\n"]));
    }
    let scheme = ["bearer", "basic"].contains(&name.as_str());
    if scheme && rest.starts_with(' ') { secret(1, credentials_length(&rest[1..])?) } else { None }
}

/// After the name of a JSON field: where its value begins and how long it is. Sees JSON inside a JSON string, too.
fn json_value(rest: &str) -> Option<(usize, usize)> {
    let quote = if rest.starts_with("\\\"") { "\\\"" } else { "\"" };
    let after = rest.strip_prefix(quote)?.trim_start().strip_prefix(':')?.trim_start();
    let offset = rest.len() - after.len();
    let Some(value) = after.strip_prefix(quote) else {
        return Some((offset, length_until(after, &[",", "}", "]", "\"", " ", "\t", "\r", "\n"])));
    };
    Some((offset + quote.len(), json_string_length(value, quote.len() - 1)))
}

/// Length of a JSON string up to its closing quote. `depth` 1: the JSON stands inside a JSON string, where a closing quote is
/// `\"`, an escaped one `\\\"` and an escaped backslash `\\\\`.
fn json_string_length(value: &str, depth: usize) -> usize {
    let mut backslashes = 0;
    for (at, byte) in value.bytes().enumerate() {
        match byte {
            b'\\' => backslashes += 1,
            b'"' if backslashes == 0 || backslashes % (2 << depth) == depth => return at - depth.min(backslashes),
            _ => backslashes = 0,
        }
    }
    value.len()
}

/// Credentials after a scheme's name in running text. Challenges (`Bearer realm="..."`) and plain words are none.
fn credentials_length(text: &str) -> Option<usize> {
    let token = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    let length = text.find(|c| !token(c)).unwrap_or(text.len());
    let looks_secret = length >= 12 && text[..length].bytes().any(|byte| byte.is_ascii_digit() || byte == b'=');
    (looks_secret && !text[length..].starts_with('"')).then_some(length)
}

/// `user:pass@` after `://`.
fn userinfo(text: &str, start: usize) -> Option<Secret> {
    let authority = length_until(&text[start..], &["/", "?", "#", "\"", "'", "<", ">", " ", "\t", "\r", "\n"]);
    let end = start + text[start..start + authority].rfind('@')?;
    Some(Secret { start, end, credential: false })
}

fn length_until(text: &str, ends: &[&str]) -> usize {
    ends.iter().filter_map(|end| text.find(end)).min().unwrap_or(text.len())
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn is_escape(bytes: &[u8]) -> bool {
    matches!(bytes, [b'%', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}
