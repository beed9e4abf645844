//! Repository names: the `<name>` of a URL (PM3).

use std::fmt;
use std::str::FromStr;

use crate::quote;

/// Longest name. The specification sets no limit, but warns that many clients limit `host[:port]/name` to 255 characters.
const LONGEST: usize = 255;

/// A repository name that matches the grammar
/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*` and has at most 255 characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepositoryName(Box<str>);

/// Why a text is no repository name (NAME_INVALID).
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("invalid repository name {text}: {reason}")]
pub struct NameError {
    /// What was given, quoted and shortened.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl RepositoryName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `host/name` stays within the 255 characters that many clients can handle.
    pub fn fits_host(&self, host: &str) -> bool {
        host.len() + 1 + self.0.len() <= LONGEST
    }
}

impl FromStr for RepositoryName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let wrong = |reason| NameError { text: quote(text), reason };
        if text.is_empty() {
            return Err(wrong("it is empty"));
        }
        if text.len() > LONGEST {
            return Err(wrong("it is longer than 255 characters"));
        }
        for component in text.split('/') {
            check_component(component).map_err(wrong)?;
        }
        Ok(Self(text.into()))
    }
}

fn check_component(component: &str) -> Result<(), &'static str> {
    if component.is_empty() {
        return Err("a path component is empty");
    }
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if !component.starts_with(alphanumeric) || !component.ends_with(alphanumeric) {
        return Err("a path component must begin and end with a-z or 0-9");
    }
    for separator in component.split(alphanumeric).filter(|separator| !separator.is_empty()) {
        let valid = matches!(separator, "." | "_" | "__") || separator.bytes().all(|b| b == b'-');
        if !valid {
            return Err("between a-z and 0-9 only one dot, one or two underscores, or dashes are allowed");
        }
    }
    Ok(())
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl AsRef<str> for RepositoryName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RepositoryName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<RepositoryName> for String {
    fn from(name: RepositoryName) -> Self {
        name.0.into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_by_the_grammar() {
        for name in ["a", "0", "a/b/c", "a.b", "a_b", "a__b", "a---b", "lab/app-1.2_x", &"a".repeat(255)] {
            assert!(name.parse::<RepositoryName>().is_ok(), "{name}");
        }
        for name in
            ["", "/", "a/", "/a", "a//b", "A", "a..b", "a___b", "a._b", "-a", "a-", "a b", "ä", "a:b", &"a".repeat(256)]
        {
            assert!(name.parse::<RepositoryName>().is_err(), "{name}");
        }
    }

    #[test]
    fn the_host_counts() {
        let name: RepositoryName = "a".repeat(250).parse().unwrap();
        assert!(name.fits_host("host"));
        assert!(!name.fits_host("host:80"));
    }

    proptest! {
        #[test]
        fn the_grammar_generates_valid_names(name in "[a-z0-9]{1,4}((\\.|_|__|-{1,3})[a-z0-9]{1,3}){0,2}(/[a-z0-9]{1,4}((\\.|_|__|-{1,3})[a-z0-9]{1,3}){0,2}){0,3}") {
            prop_assert_eq!(name.parse::<RepositoryName>().unwrap().to_string(), name);
        }

        #[test]
        fn nothing_panics(text in ".*") {
            let _ = text.parse::<RepositoryName>();
        }
    }
}
