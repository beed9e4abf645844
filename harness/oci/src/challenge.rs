//! Challenges of `WWW-Authenticate` (RFC 9110 sections 11.2, 11.3 and 11.6.1; F01-F06). Not here: scopes (`scope`), tokens.

use std::fmt;

use crate::{Scope, quote};

/// Longest header value that is read.
const LONGEST: usize = 16 * 1024;
/// Most challenges, and most parameters of one, that are read.
const MOST: usize = 32;

/// One challenge: a scheme with a token or with parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme as sent; compare with [`Challenge::is`].
    pub scheme: String,
    /// A token68, as Negotiate uses.
    pub token: Option<String>,
    /// Parameters in order, unquoted.
    pub params: Vec<(String, String)>,
}

/// A `WWW-Authenticate` value that cannot be read.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("malformed WWW-Authenticate {text}: {reason}")]
pub struct ChallengeError {
    /// What was given, quoted and shortened.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl Challenge {
    /// `Basic realm="..."`.
    pub fn basic(realm: &str) -> Self {
        Self { scheme: "Basic".into(), token: None, params: vec![("realm".into(), realm.into())] }
    }

    /// `Bearer realm="...",service="...",scope="..."`; several scopes are one parameter, separated by spaces (D16).
    pub fn bearer(realm: &str, service: &str, scopes: &[Scope]) -> Self {
        let mut params = vec![("realm".into(), realm.into()), ("service".into(), service.into())];
        if !scopes.is_empty() {
            let scopes: Vec<_> = scopes.iter().map(ToString::to_string).collect();
            params.push(("scope".into(), scopes.join(" ")));
        }
        Self { scheme: "Bearer".into(), token: None, params }
    }

    /// Adds a parameter, e.g. `error="insufficient_scope"`.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }

    /// Whether the scheme is `scheme`, in any case.
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The first parameter called `name`, in any case.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All challenges of one header value.
    ///
    /// # Errors
    /// [`ChallengeError`] if the value does not match the grammar, or is too long.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, ChallengeError> {
        let wrong = |reason| ChallengeError { text: quote(text), reason };
        if text.len() > LONGEST {
            return Err(wrong("it is too long"));
        }
        let mut cursor = Cursor { rest: text };
        let mut challenges: Vec<Self> = Vec::new();
        loop {
            cursor.skip(|c| c.is_ascii_whitespace() || c == ',');
            if cursor.rest.is_empty() {
                break;
            }
            match cursor.item().map_err(wrong)? {
                Item::Param(name, value) => {
                    let challenge =
                        challenges.last_mut().ok_or_else(|| wrong("a parameter comes before the scheme"))?;
                    if challenge.token.is_some() {
                        return Err(wrong("a parameter follows a token"));
                    }
                    if challenge.params.len() == MOST {
                        return Err(wrong("too many parameters"));
                    }
                    challenge.params.push((name, value));
                }
                Item::Scheme(scheme, token) => {
                    if challenges.len() == MOST {
                        return Err(wrong("too many challenges"));
                    }
                    challenges.push(Self { scheme, token, params: Vec::new() });
                }
            }
        }
        if challenges.is_empty() { Err(wrong("no challenge")) } else { Ok(challenges) }
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scheme)?;
        if let Some(token) = &self.token {
            write!(f, " {token}")?;
        }
        for (index, (name, value)) in self.params.iter().enumerate() {
            let separator = if index == 0 { " " } else { "," };
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
            write!(f, "{separator}{name}=\"{escaped}\"")?;
        }
        Ok(())
    }
}

enum Item {
    Scheme(String, Option<String>),
    Param(String, String),
}

struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn skip(&mut self, which: impl Fn(char) -> bool) {
        self.rest = self.rest.trim_start_matches(which);
    }

    fn take(&mut self, which: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !which(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// A parameter, or the beginning of the next challenge.
    fn item(&mut self) -> Result<Item, &'static str> {
        let word = self.take(is_token);
        if word.is_empty() {
            return Err("expected a scheme or a parameter");
        }
        let after_word = self.rest;
        self.skip(|c| c == ' ' || c == '\t');
        if let Some(rest) = self.rest.strip_prefix('=') {
            self.rest = rest;
            self.skip(|c| c == ' ' || c == '\t');
            return Ok(Item::Param(word.to_owned(), self.value()?));
        }
        if after_word.len() == self.rest.len() && !self.rest.is_empty() && !self.rest.starts_with(',') {
            return Err("a scheme is followed by something else than a space");
        }
        Ok(Item::Scheme(word.to_owned(), self.token68()))
    }

    /// A token68 stands alone between the scheme and the next comma; `name=value` is not one.
    fn token68(&mut self) -> Option<String> {
        let end = self.rest.find(',').unwrap_or(self.rest.len());
        let candidate = self.rest[..end].trim_end();
        let body = candidate.trim_end_matches('=');
        let valid = !body.is_empty() && body.chars().all(|c| c.is_ascii_alphanumeric() || "-._~+/".contains(c));
        if !valid {
            return None;
        }
        self.rest = &self.rest[end..];
        Some(candidate.to_owned())
    }

    fn value(&mut self) -> Result<String, &'static str> {
        let Some(rest) = self.rest.strip_prefix('"') else {
            let value = self.take(is_token);
            return if value.is_empty() { Err("a parameter has no value") } else { Ok(value.to_owned()) };
        };
        let mut value = String::new();
        let mut chars = rest.char_indices();
        while let Some((index, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &rest[index + 1..];
                    return Ok(value);
                }
                '\\' => value.push(chars.next().ok_or("a quoted value does not end")?.1),
                c => value.push(c),
            }
        }
        Err("a quoted value does not end")
    }
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_registries_send() {
        let text = r#"Bearer realm="https://auth.test/token",service="registry.test",scope="repository:a/b:pull,push repository:c/d:pull",error="invalid_token""#;
        let challenges = Challenge::parse_all(text).unwrap();
        assert_eq!(challenges.len(), 1);
        assert!(challenges[0].is("bearer"));
        assert_eq!(challenges[0].param("scope"), Some("repository:a/b:pull,push repository:c/d:pull"));
        assert_eq!(challenges[0].to_string(), text);
    }

    #[test]
    fn several_challenges_in_one_value() {
        let text =
            r#"Negotiate, NTLM abc==, Basic realm="a \"b\"", charset=UTF-8, Newauth realm="x" , type=1, , title="y""#;
        let shown: Vec<_> = Challenge::parse_all(text).unwrap().iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        Negotiate
        NTLM abc==
        Basic realm="a \"b\"",charset="UTF-8"
        Newauth realm="x",type="1",title="y"
        "#);
    }

    #[test]
    fn broken_values_are_refused() {
        for text in
            ["", ",", "realm=\"x\"", "Bearer realm=\"x", "\"", "Bearer(realm)", "<html>", &"a".repeat(LONGEST + 1)]
        {
            assert!(Challenge::parse_all(text).is_err(), "{text}");
        }
        assert!(Challenge::parse_all(&"a,".repeat(33)).is_err());
        assert!(Challenge::parse_all(&format!("B {}", "a=1,".repeat(33))).is_err());
    }

    proptest! {
        #[test]
        fn challenges_survive_their_text(realm in "[^\\x00-\\x1f]*", service in "[^\\x00-\\x1f]{0,40}") {
            let challenge = Challenge::bearer(&realm, &service, &[]);
            let text = challenge.to_string();
            prop_assume!(text.len() <= LONGEST);
            prop_assert_eq!(Challenge::parse_all(&text).unwrap(), vec![challenge]);
        }

        #[test]
        fn nothing_panics(text in "[A-Za-z ,=\"\\\\é]*") {
            let _ = Challenge::parse_all(&text);
        }
    }
}
