//! Scopes of the token protocol: `repository:lab/app:pull,push`. Not here: the challenge that carries them (`challenge`).

use std::fmt;
use std::str::FromStr;

use crate::quote;

/// Longest scope that is read.
const LONGEST: usize = 1024;

/// What access is asked for, or granted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    /// `repository` or `registry`.
    pub kind: String,
    /// The repository's name, or `catalog`.
    pub name: String,
    /// Actions in order: `pull`, `push`, `delete`, `*`.
    pub actions: Vec<String>,
}

/// A text that is no scope.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("malformed scope {text}: expected <type>:<name>:<action>[,<action>]")]
pub struct ScopeError {
    /// What was given, quoted and shortened.
    pub text: String,
}

impl Scope {
    /// Access to a repository.
    pub fn repository(name: impl AsRef<str>, actions: &[&str]) -> Self {
        let actions = actions.iter().map(|action| (*action).to_owned()).collect();
        Self { kind: "repository".into(), name: name.as_ref().into(), actions }
    }

    /// Access to the catalogue: `registry:catalog:*`.
    pub fn catalog() -> Self {
        Self { kind: "registry".into(), name: "catalog".into(), actions: vec!["*".into()] }
    }

    /// Whether a grant of this scope covers `wanted`.
    pub fn covers(&self, wanted: &Self) -> bool {
        let granted = |action: &String| self.actions.contains(action) || self.actions.iter().any(|own| own == "*");
        self.kind == wanted.kind && self.name == wanted.name && wanted.actions.iter().all(granted)
    }

    /// All scopes of a `scope` parameter, which separates them by spaces.
    ///
    /// # Errors
    /// [`ScopeError`] for the first that is none.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, ScopeError> {
        text.split_ascii_whitespace().map(str::parse).collect()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.kind, self.name, self.actions.join(","))
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let malformed = || ScopeError { text: quote(text) };
        // Blanks separate scopes (RFC 6749 section 3.3).
        if text.len() > LONGEST || text.contains(|c: char| c.is_ascii_whitespace()) {
            return Err(malformed());
        }
        // The name may hold a colon (`host:port/name`), so the type ends at the first and the actions begin at the last.
        let (kind, rest) = text.split_once(':').ok_or_else(malformed)?;
        let (name, actions) = rest.rsplit_once(':').ok_or_else(malformed)?;
        if kind.is_empty() || name.is_empty() {
            return Err(malformed());
        }
        let actions = actions.split(',').filter(|action| !action.is_empty()).map(str::to_owned).collect();
        Ok(Self { kind: kind.into(), name: name.into(), actions })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn scopes_cover_scopes() {
        let scopes = Scope::parse_all("repository:a/b:pull,push registry:catalog:*").unwrap();
        assert_eq!(scopes, [Scope::repository("a/b", &["pull", "push"]), Scope::catalog()]);
        assert!(scopes[0].covers(&Scope::repository("a/b", &["pull"])));
        assert!(!scopes[0].covers(&Scope::repository("a/b", &["delete"])));
        assert!(!scopes[0].covers(&Scope::repository("a/c", &["pull"])));
        assert!(Scope::parse_all("repository:a").is_err());
    }

    proptest! {
        #[test]
        fn what_parses_renders_the_same_scope(text in "[a-z]{0,4}:?[a-z:/]{0,9}:?[a-z,]{0,9}|.*") {
            if let Ok(scope) = text.parse::<Scope>() {
                prop_assert_eq!(scope.to_string().parse::<Scope>().unwrap(), scope);
            }
        }
    }
}
