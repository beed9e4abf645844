//! `given.auth`: how the registry asks who comes, and who there is. Passwords, keys and tokens are made from the run's seed, so no
//! file holds any.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_faults::Span;

/// How the registry asks who comes; exactly one of the kinds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AuthSpec {
    /// It does not ask.
    #[default]
    None,
    /// User and password (htpasswd).
    Basic(BasicAuth),
    /// Tokens of a token server, which faults can strike (`on: token`).
    Bearer(BearerAuth),
}

/// Users with passwords.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct BasicAuth {
    /// Users by name. The first one acts unless an `as` step says otherwise.
    pub users: IndexMap<String, BasicUser>,
    /// Nobody in particular may pull.
    pub anonymous_pull: bool,
}

/// A user with a password.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct BasicUser {
    /// May pull only; not every registry knows that.
    pub pull_only: bool,
}

/// A token server, and what it is like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct BearerAuth {
    /// Users by name. The first one acts unless an `as` step says otherwise.
    pub users: IndexMap<String, BearerUser>,
    /// What nobody in particular may do; nothing given: such requests are refused.
    pub anonymous: Vec<String>,
    /// How long a token lives.
    pub lifetime: Span,
    /// How long after its issue a token becomes valid.
    pub valid_after: Span,
    /// The token server's clock is so much ahead of the registry's.
    pub clock_ahead: Span,
    /// The token server's clock is so much behind the registry's.
    pub clock_behind: Span,
    /// Which field of the answer holds the token.
    pub field: TokenField,
    /// What the answer says of the token's life.
    pub expires_in: ExpiresIn,
    /// Another realm in the challenge than where the server is: one that only the inside knows, for instance (F06).
    pub realm: Option<String>,
    /// The server looks at the last `scope` of a request only (D16).
    pub last_scope_only: bool,
}

impl Default for BearerAuth {
    fn default() -> Self {
        let none = Span::default();
        Self {
            users: IndexMap::new(),
            anonymous: Vec::new(),
            lifetime: Span(std::time::Duration::from_secs(300)),
            valid_after: none,
            clock_ahead: none,
            clock_behind: none,
            field: TokenField::Both,
            expires_in: ExpiresIn::Honest,
            realm: None,
            last_scope_only: false,
        }
    }
}

/// A user of the token server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct BearerUser {
    /// Scopes with patterns for names: `repository:lab/**:pull,push`, `registry:catalog:*`. Everything if absent.
    pub rights: Vec<String>,
    /// The user's client holds an identity token instead of a password, and exchanges it by POST (OAuth2).
    pub identity_token: bool,
}

impl Default for BearerUser {
    fn default() -> Self {
        let rights = vec!["repository:**:*".to_owned(), "registry:catalog:*".to_owned()];
        Self { rights, identity_token: false }
    }
}

/// Which field of the answer holds the token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TokenField {
    /// `token` and `access_token`.
    #[default]
    Both,
    /// `token` alone.
    Token,
    /// `access_token` alone.
    AccessToken,
}

/// What the answer says of the token's life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExpiresIn {
    /// The truth.
    #[default]
    Honest,
    /// Nothing; a client takes 60 seconds then.
    Missing,
    /// This, whatever is true.
    Says(Span),
}

impl AuthSpec {
    /// The users, in the file's order.
    pub fn users(&self) -> Vec<&str> {
        match self {
            Self::None => Vec::new(),
            Self::Basic(basic) => basic.users.keys().map(String::as_str).collect(),
            Self::Bearer(bearer) => bearer.users.keys().map(String::as_str).collect(),
        }
    }

    /// The kind, as files write it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic(_) => "basic",
            Self::Bearer(_) => "bearer",
        }
    }
}
