//! Text for people: what a peer sent made harmless, cut or wrapped to a width. Widths are counted in characters.

/// Control characters (a peer could move the cursor or end a line with them) become visible; tabs become a space.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push(' '),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
            // Overrides of the writing direction can make a line read as another one.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

/// Length in characters.
pub(crate) fn width(text: &str) -> usize {
    text.chars().count()
}

/// The text, or its begin and end around an ellipsis if it is longer than `limit`.
pub(crate) fn elide(text: &str, limit: usize, ellipsis: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= limit {
        return text.to_owned();
    }
    let room = limit.saturating_sub(width(ellipsis));
    let tail = room / 2;
    let head = room - tail;
    let begin: String = chars[..head].iter().collect();
    let end: String = chars[chars.len() - tail..].iter().collect();
    format!("{begin}{ellipsis}{end}")
}

/// Lines of at most `limit` characters, broken at spaces; longer words are broken where they must be.
pub(crate) fn wrap(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(8);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut rest = word;
        loop {
            let used = width(&line);
            let gap = usize::from(used > 0);
            if used + gap + width(rest) <= limit {
                if gap > 0 {
                    line.push(' ');
                }
                line.push_str(rest);
                break;
            }
            if used > 0 {
                lines.push(std::mem::take(&mut line));
                continue;
            }
            let cut = rest.char_indices().nth(limit).map_or(rest.len(), |(at, _)| at);
            lines.push(rest[..cut].to_owned());
            rest = &rest[cut..];
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// A duration for people, from microseconds.
pub(crate) fn duration(us: u64) -> String {
    if us < 1_000_000 { moment(us) } else { long(us) }
}

/// A time on a timeline, from microseconds: milliseconds for as long as they can be compared at a glance.
pub(crate) fn moment(us: u64) -> String {
    if us < 10_000_000 { format!("{}.{} ms", us / 1000, us % 1000 / 100) } else { long(us) }
}

fn long(us: u64) -> String {
    let (seconds, minutes) = (us / 1_000_000, us / 60_000_000);
    match seconds {
        0..600 => format!("{seconds}.{:02} s", us % 1_000_000 / 10_000),
        600..36_000 => format!("{minutes}.{} min", us % 60_000_000 / 6_000_000),
        _ => format!("{}.{} h", minutes / 60, minutes % 60 / 6),
    }
}

/// `1 call`, `2 calls`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_peer_sent_cannot_steer_a_terminal() {
        assert_eq!(clean("a\x1b[2Jb\r\nc\td\u{202e}"), "a\\u{1b}[2Jb\\r\\nc d\\u{202e}");
    }

    #[test]
    fn elided_text_keeps_both_ends_within_the_limit() {
        assert_eq!(elide("abcdefghij", 10, "..."), "abcdefghij");
        assert_eq!(elide("abcdefghijk", 9, "..."), "abc...ijk");
        assert_eq!(elide("äöüäöüäöü", 5, "…"), "äö…öü");
        assert_eq!(elide("abc", 0, "..."), "...");
    }

    #[test]
    fn lines_break_at_spaces_and_inside_long_words_only() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("a abcdefghijklmnop z", 8), ["a", "abcdefgh", "ijklmnop", "z"]);
        assert_eq!(wrap("", 8), [""]);
        for line in wrap("the quick brown fox jumps over the lazy dog", 10) {
            assert!(width(&line) <= 10, "{line}");
        }
    }

    #[test]
    fn durations_are_read_at_a_glance() {
        let times = [0, 1_100, 2_255_332, 12_340_000, 1_230_000_000, 604_800_000_000];
        assert_eq!(times.map(duration), ["0.0 ms", "1.1 ms", "2.25 s", "12.34 s", "20.5 min", "168.0 h"]);
        assert_eq!(times.map(moment)[..4], ["0.0 ms", "1.1 ms", "2255.3 ms", "12.34 s"]);
    }
}
