//! Patterns with `*` and `**` over paths, keys, header and query values. Bounded: time is pattern length times text length, for short texts
//! times text length again.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A pattern. `?` stands for one character, `*` for any number of characters without `/`, `**` for any characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Glob(String);

/// Characters that do not stand for themselves.
const WILD: [u8; 2] = [b'*', b'?'];
/// Longest text that is read by going back to stars, whose time may grow with the square of the text; S3's keys are no longer.
const SHORT: usize = 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Literal(char),
    AnyOne,
    AnyInSegment,
    Any,
}

impl Glob {
    /// A pattern from its text. Every text is a pattern.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether a path or key fits. `*` stops at `/`.
    pub fn fits_path(&self, path: &str) -> bool {
        self.fits(path, false)
    }

    /// Whether a header or query value fits. `/` is a character like others.
    pub fn fits_value(&self, value: &str) -> bool {
        self.fits(value, true)
    }

    /// What a text that fits begins with, and what it ends with.
    pub(crate) fn ends(&self) -> (&str, &str) {
        match self.wild() {
            Some((first, last)) => (&self.0[..first], &self.0[last..]),
            None => (&self.0, &self.0),
        }
    }

    /// The bytes that every text that fits has.
    pub(crate) fn literals(&self) -> impl Iterator<Item = u8> {
        self.0.bytes().filter(|byte| !WILD.contains(byte))
    }

    /// Where the first wild character is, and where the last one ends.
    fn wild(&self) -> Option<(usize, usize)> {
        let wild = |byte: &u8| WILD.contains(byte);
        let first = self.0.as_bytes().iter().position(wild)?;
        Some((first, self.0.as_bytes().iter().rposition(wild).map_or(first, |at| at + 1)))
    }

    /// What a pattern says literally at its ends decides nearly always, and costs a look: each rule of a set is asked of each request.
    fn fits(&self, text: &str, flat: bool) -> bool {
        let Some((first, last)) = self.wild() else { return self.0 == text };
        let ends = text.strip_prefix(&self.0[..first]).and_then(|rest| rest.strip_suffix(&self.0[last..]));
        let Some(middle) = ends else { return false };
        match &self.0[first..last] {
            "**" => true,
            "*" => flat || !middle.contains('/'),
            pattern if middle.len() <= SHORT => walks(pattern.as_bytes(), middle, flat),
            pattern => fits(&tokens(pattern, flat), middle),
        }
    }
}

/// One way through the pattern, back to the last star where it leads nowhere: `*` takes one more character until it meets a `/`, then `**`
/// takes one. Earlier stars need not be asked again, as what follows them was found as early as it can be.
fn walks(pattern: &[u8], text: &str, flat: bool) -> bool {
    let bytes = text.as_bytes();
    let (mut at, mut read) = (0, 0);
    // What follows the last `*` and the last `**`, and how far they have read.
    let (mut star, mut stars) = (None, None);
    loop {
        match pattern.get(at) {
            None if read == bytes.len() => return true,
            Some(b'*') => {
                let double = pattern.get(at + 1) == Some(&b'*');
                at += 1 + usize::from(double);
                (star, stars) = if double || flat { (None, Some((at, read))) } else { (Some((at, read)), stars) };
                continue;
            }
            Some(b'?') if bytes.get(read).is_some_and(|byte| *byte != b'/') => {
                (at, read) = (at + 1, next(text, read));
                continue;
            }
            Some(literal) if *literal != b'?' && bytes.get(read) == Some(literal) => {
                (at, read) = (at + 1, read + 1);
                continue;
            }
            _ => {}
        }
        if let Some((after, reached)) =
            star.filter(|&(_, reached)| bytes.get(reached).is_some_and(|byte| *byte != b'/'))
        {
            (at, read) = (after, next(text, reached));
            star = Some((at, read));
        } else if let Some((after, reached)) = stars.filter(|&(_, reached)| reached < bytes.len()) {
            (at, read) = (after, next(text, reached));
            (star, stars) = (None, Some((at, read)));
        } else {
            return false;
        }
    }
}

/// Where the character behind the one at `at` begins.
fn next(text: &str, at: usize) -> usize {
    (at + 1..).find(|&next| text.is_char_boundary(next)).unwrap_or(text.len())
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn tokens(pattern: &str, flat: bool) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        tokens.push(match c {
            '*' if chars.next_if_eq(&'*').is_some() || flat => Token::Any,
            '*' => Token::AnyInSegment,
            '?' => Token::AnyOne,
            c => Token::Literal(c),
        });
    }
    tokens
}

/// Simulates all ways through the pattern at once: `live[i]` means that the first `i` tokens fit the text read so far.
fn fits(tokens: &[Token], text: &str) -> bool {
    let skips = |token: Token| matches!(token, Token::Any | Token::AnyInSegment);
    let mut live = vec![false; tokens.len() + 1];
    live[0] = true;
    for (i, token) in tokens.iter().enumerate() {
        live[i + 1] = live[i] && skips(*token);
    }
    for c in text.chars() {
        let mut next = vec![false; tokens.len() + 1];
        for (i, token) in tokens.iter().enumerate() {
            let stays = match token {
                Token::Any => true,
                Token::AnyInSegment => c != '/',
                _ => false,
            };
            let moves = match token {
                Token::Literal(l) => *l == c,
                Token::AnyOne => c != '/',
                _ => false,
            };
            next[i] |= live[i] && stays;
            next[i + 1] = (live[i] && moves) || (next[i] && skips(*token));
        }
        live = next;
    }
    live[tokens.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stars_stop_at_slashes_in_paths_only() {
        for (pattern, path, expected) in [
            ("*", "abc", true),
            ("*", "a/b", false),
            ("**", "a/b/c", true),
            ("/bucket/*", "/bucket/key", true),
            ("/bucket/*", "/bucket/deep/key", false),
            ("/bucket/**", "/bucket/deep/key", true),
            ("**/data", "a/b/data", true),
            ("**/_uploads/*/data", "r/a/_uploads/9ac3/data", true),
            ("**/_uploads/*/data", "r/a/_uploads/9/9/data", false),
            ("a?c", "abc", true),
            ("a?c", "a/c", false),
            ("", "", true),
            ("", "x", false),
            ("a**", "a", true),
        ] {
            assert_eq!(Glob::new(pattern).fits_path(path), expected, "{pattern} on {path}");
        }
        assert!(Glob::new("Bearer *").fits_value("Bearer a/b+c=="));
        assert!(!Glob::new("Bearer *").fits_value("Basic abc"));
    }

    proptest! {
        #[test]
        fn a_text_without_stars_fits_itself_alone(text in "[a-z/]{0,20}", other in "[a-z/]{0,20}") {
            let glob = Glob::new(text.clone());
            prop_assert!(glob.fits_path(&text));
            prop_assert_eq!(glob.fits_path(&other), text == other);
        }

        #[test]
        fn the_short_way_is_the_long_way(pattern in "[abé/*?]{0,9}", text in "[abé/]{0,12}", flat: bool) {
            let whole = fits(&tokens(&pattern, flat), &text);
            prop_assert_eq!(Glob::new(pattern).fits(&text, flat), whole);
        }

        #[test]
        fn a_prefix_and_two_stars_is_starts_with(prefix in "[ab/]{0,6}", text in "[ab/]{0,12}") {
            prop_assert_eq!(Glob::new(format!("{prefix}**")).fits_path(&text), text.starts_with(&prefix));
        }
    }
}
