//! Tags (PM4).

use std::fmt;
use std::str::FromStr;

use crate::quote;

/// A tag: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(Box<str>);

/// Why a text is no tag.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("invalid tag {text}: {reason}")]
pub struct TagError {
    /// What was given, quoted and shortened.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl Tag {
    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Tag {
    type Err = TagError;

    fn from_str(text: &str) -> Result<Self, TagError> {
        let wrong = |reason| TagError { text: quote(text), reason };
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        match text.as_bytes() {
            [] => Err(wrong("it is empty")),
            bytes if bytes.len() > 128 => Err(wrong("it is longer than 128 characters")),
            [first, ..] if !word(*first) => Err(wrong("it must begin with a letter, a digit or an underscore")),
            [_, rest @ ..] if !rest.iter().all(|b| word(*b) || matches!(b, b'.' | b'-')) => {
                Err(wrong("only letters, digits, underscores, dots and dashes are allowed"))
            }
            _ => Ok(Self(text.into())),
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl AsRef<str> for Tag {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Tag {
    type Error = TagError;

    fn try_from(text: String) -> Result<Self, TagError> {
        text.parse()
    }
}

impl From<Tag> for String {
    fn from(tag: Tag) -> Self {
        tag.0.into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_by_the_grammar() {
        for tag in ["1", "_", "latest", "v1.2-rc.3", "sha256", &"a".repeat(128)] {
            assert!(tag.parse::<Tag>().is_ok(), "{tag}");
        }
        for tag in ["", ".a", "-a", "a:b", "a/b", "a b", "é", "aé", &"a".repeat(129)] {
            assert!(tag.parse::<Tag>().is_err(), "{tag}");
        }
    }

    proptest! {
        #[test]
        fn the_grammar_generates_valid_tags(tag in "[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}") {
            prop_assert_eq!(tag.parse::<Tag>().unwrap().to_string(), tag);
        }

        #[test]
        fn nothing_panics(text in ".*") {
            let _ = text.parse::<Tag>();
        }
    }
}
