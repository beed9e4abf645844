//! The curl line that repeats a recorded request. Secrets are replaced already, so that a reader has to put in their own.

use crate::Call;
use crate::text::clean;

/// Header fields that curl sets itself, or that belong to the recorded connection.
const OMITTED: &[&str] =
    &["host", "content-length", "connection", "transfer-encoding", "accept-encoding", "expect", "user-agent"];
/// Bytes of a body that are repeated as they were; a longer one has to come from a file.
const BODY: u64 = 256;

/// One line for a POSIX shell.
pub(crate) fn line(call: &Call) -> String {
    let mut line = String::from("curl -i");
    match call.method.as_str() {
        "GET" => {}
        "HEAD" => line = "curl -I".to_owned(),
        method => line.push_str(&format!(" -X {}", quoted(method))),
    }
    for (name, value) in &call.request_headers {
        if !OMITTED.contains(&name.to_ascii_lowercase().as_str()) {
            line.push_str(&format!(" -H {}", quoted(&format!("{name}: {value}"))));
        }
    }
    let body = &call.request_body;
    let is_whole = body.bytes <= BODY && body.excerpt.len() as u64 == body.bytes && !body.excerpt.contains('\u{fffd}');
    match body.bytes {
        0 => {}
        _ if is_whole => line.push_str(&format!(" --data-binary {}", quoted(&body.excerpt))),
        bytes => line.push_str(&format!(" --data-binary @FILE-OF-{bytes}-BYTES")),
    }
    format!("{line} {}", quoted(&call.uri))
}

/// In single quotes if a shell would see more than a word in it; control characters become visible.
fn quoted(text: &str) -> String {
    let text = clean(text);
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:=+@,%".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BodyInfo, sample};

    #[test]
    fn a_request_can_be_pasted_into_a_shell() {
        let mut call = sample::front("PUT", "http://r/v2/lab/app/manifests/1?a=b&c=d", 500);
        call.request_headers =
            vec![("Host".to_owned(), "r".to_owned()), ("content-type".to_owned(), "application/json; it's".to_owned())];
        call.request_body = BodyInfo { bytes: 2, excerpt: "{}".to_owned(), ..BodyInfo::default() };
        assert_eq!(
            line(&call),
            r"curl -i -X PUT -H 'content-type: application/json; it'\''s' --data-binary '{}' 'http://r/v2/lab/app/manifests/1?a=b&c=d'"
        );
        call.request_body.bytes = 5_242_880;
        assert!(line(&call).contains(" --data-binary @FILE-OF-5242880-BYTES "));
        assert_eq!(line(&sample::front("HEAD", "http://r/v2/", 200)), "curl -I http://r/v2/");
        assert_eq!(line(&sample::front("GET", "http://r/\n;reboot", 200)), r"curl -i 'http://r/\n;reboot'");
    }
}
