//! How a stranger's text is shown in an error: short, on one line, without control characters.

/// Longest excerpt in characters.
const LONGEST: usize = 80;

/// `text` in double quotes, escaped and cut after 80 characters.
pub fn quote(text: &str) -> String {
    let mut shown: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push_str("...");
    }
    format!("\"{shown}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_are_short_and_printable() {
        assert_eq!(quote("a\u{1b}[31m\n"), "\"a\\u{1b}[31m\\n\"");
        assert_eq!(quote(&"é".repeat(81)), format!("\"{}...\"", "é".repeat(80)));
    }
}
