//! `key=value key="quoted value"`: what Go's logrus writes.

/// All pairs, quotes and escapes undone; none if the line is of another kind.
pub(super) fn fields(line: &str) -> Option<Vec<(String, String)>> {
    let pairs = pairs(line);
    (!pairs.is_empty()).then(|| pairs.into_iter().map(|(key, value)| (key.to_owned(), unquoted(value))).collect())
}

/// The pairs in their order, values as they stand; the first thing that is none ends them.
pub(crate) fn pairs(line: &str) -> Vec<(&str, &str)> {
    let mut pairs = Vec::new();
    let mut rest = line.trim_start();
    while let Some((key, after)) = rest.split_once('=') {
        if key.is_empty() || key.contains(char::is_whitespace) {
            break;
        }
        let end = if after.starts_with('"') { closing_quote(after) } else { after.find(' ') };
        let end = end.unwrap_or(after.len());
        pairs.push((key, &after[..end]));
        rest = after[end..].trim_start();
    }
    pairs
}

/// Where a quoted value ends, the quote included.
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, c)| {
        let closes = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        closes.then_some(at + 1)
    })
}

/// A value without its quotes; one whose end was cut away is as long as it is. Go's escapes are JSON's but for those of bytes that are no
/// text, which stay as they are.
fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else { return value.to_owned() };
    match serde_json::from_str(value) {
        Ok(text) => text,
        Err(_) => inner.strip_suffix('"').unwrap_or(inner).replace("\\\"", "\"").trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_end_where_the_line_is_no_more_of_them() {
        assert_eq!(pairs("a=1 b=\"x \\\" y\" c"), [("a", "1"), ("b", "\"x \\\" y\"")]);
        assert_eq!(pairs("a = b"), []);
        assert_eq!(pairs("=x"), []);
        assert_eq!(unquoted(r#""a\x00\"b""#), r#"a\x00"b"#);
    }
}
