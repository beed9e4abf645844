//! The `Link` header of listings (RFC 8288, once RFC 5988; TL5, RL12, I10).

use std::fmt;

use crate::quote;

/// Longest header value that is read.
const LONGEST: usize = 16 * 1024;

/// The link to the next page: `<target>; rel="next"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The URI reference as sent; relative ones are resolved against the request's URI.
    pub target: String,
}

/// A `Link` value that does not match RFC 8288.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("malformed Link {text}: {reason}")]
pub struct LinkError {
    /// What was given, quoted and shortened.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl Link {
    /// A link to the next page.
    pub fn next(target: impl Into<String>) -> Self {
        Self { target: target.into() }
    }

    /// Whether the target names its host.
    pub fn is_absolute(&self) -> bool {
        self.target.starts_with("http://") || self.target.starts_with("https://")
    }

    /// The link with relation `next` of a header value, if there is one.
    ///
    /// # Errors
    /// [`LinkError`], e.g. for a target without angle brackets.
    pub fn find_next(text: &str) -> Result<Option<Self>, LinkError> {
        let wrong = |reason| LinkError { text: quote(text), reason };
        if text.len() > LONGEST {
            return Err(wrong("it is too long"));
        }
        let mut rest = text;
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                return Ok(None);
            }
            let inner = rest.strip_prefix('<').ok_or_else(|| wrong("a target is not in angle brackets"))?;
            let (target, after) = inner.split_once('>').ok_or_else(|| wrong("a target does not end"))?;
            let (is_next, after) = parameters(after).map_err(wrong)?;
            if is_next {
                return Ok(Some(Self::next(target)));
            }
            rest = after;
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>; rel=\"next\"", self.target)
    }
}

/// Reads `; name=value` until the comma; tells whether a `rel` holds `next` (only the first counts, RFC 8288 section 3.3).
fn parameters(mut rest: &str) -> Result<(bool, &str), &'static str> {
    let mut relation: Option<String> = None;
    loop {
        rest = rest.trim_start();
        let Some(after) = rest.strip_prefix(';') else { break };
        let after = after.trim_start();
        let name_end = after.find(['=', ';', ',']).unwrap_or(after.len());
        let name = after[..name_end].trim();
        rest = &after[name_end..];
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix('=') {
            (value, rest) = parameter_value(after.trim_start())?;
        }
        if name.eq_ignore_ascii_case("rel") {
            relation.get_or_insert(value);
        }
    }
    if !rest.is_empty() && !rest.starts_with(',') {
        return Err("expected a semicolon or a comma after the target");
    }
    let is_next =
        relation.is_some_and(|value| value.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("next")));
    Ok((is_next, rest))
}

fn parameter_value(text: &str) -> Result<(String, &str), &'static str> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',']).unwrap_or(text.len());
        return Ok((text[..end].trim().to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((index, c)) = chars.next() {
        match c {
            '"' => return Ok((value, &quoted[index + 1..])),
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            c => value.push(c),
        }
    }
    Err("a quoted value does not end")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn next(text: &str) -> Option<String> {
        Link::find_next(text).unwrap().map(|link| link.target)
    }

    #[test]
    fn links_of_listings() {
        assert_eq!(next(r#"</v2/a/tags/list?n=2&last=b>; rel="next""#).unwrap(), "/v2/a/tags/list?n=2&last=b");
        assert_eq!(next(r#"<a>; rel="prev"; title="x, y; rel=next", <b>;rel=next"#).unwrap(), "b");
        assert_eq!(next(r#"<a,b>; REL="last Next""#).unwrap(), "a,b");
        assert_eq!(next("<a>; rel=prev; rel=next"), None);
        assert_eq!(next("<a>"), None);
        assert_eq!(next(""), None);
        for text in [r#"/v2/x; rel="next""#, "<a", "<a> rel=next", r#"<a>; rel="next"#] {
            assert!(Link::find_next(text).is_err(), "{text}");
        }
        assert!(Link::next("https://a/b").is_absolute() && !Link::next("/b").is_absolute());
    }

    proptest! {
        #[test]
        fn links_survive_their_text(target in "[!-;=?-~]{0,60}") {
            let link = Link::next(target);
            prop_assert_eq!(Link::find_next(&link.to_string()).unwrap().unwrap(), link);
        }

        #[test]
        fn nothing_panics(text in "[<>;,=\" a-zé\\\\]*") {
            let _ = Link::find_next(&text);
        }
    }
}
