//! What a person sees of a body that was not what it should be: one clean line (E05, B01). Not here: judging it (`check`).

use shakedown_oci::ErrorBody;

/// Longest excerpt in characters.
const LONGEST: usize = 160;

/// One line about `body`: its error entries, its page title, or its beginning.
pub(crate) fn excerpt(body: &[u8]) -> String {
    if body.is_empty() {
        return "an empty body".to_owned();
    }
    if let Ok(errors) = ErrorBody::parse(body) {
        let entries: Vec<_> =
            errors.errors.iter().map(|entry| clean(&format!("{}: {}", entry.code, entry.message))).collect();
        return cut(&entries.join("; "));
    }
    let text = String::from_utf8_lossy(&body[..body.len().min(64 * 1024)]);
    if is_html(&text) {
        return match title(&text) {
            Some(title) => format!("an HTML page titled \"{}\"", cut(&clean(title))),
            None => "an HTML page".to_owned(),
        };
    }
    if text.chars().take(LONGEST).filter(|c| *c == '\u{fffd}' || (c.is_control() && !c.is_whitespace())).count() > 8 {
        return format!("{} bytes that are not text", body.len());
    }
    format!("\"{}\"", cut(&clean(&text)))
}

/// Whether a text is an HTML page, whatever its Content-Type says.
pub(crate) fn is_html(text: &str) -> bool {
    let start: String =
        text.trim_start_matches('\u{feff}').trim_start().chars().take(14).collect::<String>().to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html") || start.starts_with("<head")
}

fn title(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower[open..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    Some(&text[start..end])
}

/// Control characters and runs of white space become one space.
fn clean(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pages_are_named_by_their_title() {
        let page = b"<html>\r\n<head><title>404 Not\nFound</title></head>\r\n<body>...</body></html>";
        assert_eq!(excerpt(page), "an HTML page titled \"404 Not Found\"");
        assert_eq!(excerpt(b"\xef\xbb\xbf <!DOCTYPE HTML><p>x"), "an HTML page");
        assert_eq!(excerpt(b""), "an empty body");
        assert_eq!(excerpt(br#"{"errors":[{"code":"DENIED","message":"no\naccess"}]}"#), "DENIED: no access");
        assert_eq!(excerpt(b"upstream\tsaid:\x1b[31m no"), "\"upstream said: [31m no\"");
        assert_eq!(excerpt(&[0; 300]), "300 bytes that are not text");
        assert_eq!(excerpt("é".repeat(200).as_bytes()).chars().count(), 165);
    }

    proptest! {
        #[test]
        fn nothing_panics_and_all_is_short(body: Vec<u8>, text in "(<html>)?(<TITLE>)?.{0,40}(</title>)?") {
            for line in [excerpt(&body), excerpt(text.as_bytes())] {
                prop_assert!(line.chars().count() < 200 && !line.contains('\n'));
            }
        }
    }
}
