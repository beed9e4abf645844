//! Answering challenges: Basic, and the token protocol (F01-F06). Tokens are kept per repository and kind of access.
//!
//! Credentials and tokens go to the registry's own origin and to the realm it names, nowhere else (AP2).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use http::{Method, Uri};
use serde::Deserialize;
use shakedown_oci::Challenge;

use super::hop::{Answer, Hop, Payload};
use crate::client::Client;
use crate::findings::Ledger;
use crate::location::append_query;
use crate::{At, CallPolicy, ClientError, Credentials, Finding};

/// Largest answer of a token server that is read.
const TOKEN_LIMIT: usize = 256 * 1024;
/// Life time of a token whose answer does not tell it (Docker's token specification).
const DEFAULT_LIFE: Duration = Duration::from_secs(60);

/// What a token is good for: one repository and reading, writing or deleting in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Access {
    area: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Read,
    Write,
    Delete,
}

impl Access {
    pub(crate) fn of(method: &Method, uri: &Uri) -> Self {
        let path = uri.path();
        let path = path.find("/v2/").map_or(path, |start| &path[start + 4..]);
        let parts = ["/blobs/", "/manifests/", "/tags/", "/referrers/"];
        let end = parts.iter().filter_map(|part| path.rfind(part)).max().unwrap_or(path.len());
        let mut area = path[..end].to_owned();
        // A mount also needs to read its source (D16).
        let from = uri.query().and_then(|query| query.split('&').find(|pair| pair.starts_with("from=")));
        area.extend(from.iter().flat_map(|from| ["?", *from]));
        let kind = match *method {
            Method::GET | Method::HEAD => Kind::Read,
            Method::DELETE if !path.contains("/blobs/uploads/") => Kind::Delete,
            _ => Kind::Write,
        };
        Self { area, kind }
    }
}

#[derive(Clone)]
struct Grant {
    header: HeaderValue,
    /// On the clock's monotonic time; `None`: for ever.
    expires: Option<Duration>,
}

/// The answers to challenges that worked, and a lock so that parallel calls ask for one token, not each for its own.
#[derive(Default)]
pub(crate) struct Tokens {
    grants: Mutex<BTreeMap<Access, Grant>>,
    asking: tokio::sync::Mutex<()>,
}

impl Tokens {
    fn find(&self, access: impl FnOnce() -> Access, now: impl FnOnce() -> Duration) -> Option<HeaderValue> {
        let grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        if grants.is_empty() {
            return None;
        }
        let (grant, now) = (grants.get(&access())?, now());
        grant.expires.is_none_or(|expires| now < expires).then(|| grant.header.clone())
    }

    fn keep(&self, access: Access, grant: Grant) {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner).insert(access, grant);
    }
}

#[derive(Deserialize)]
struct TokenBody {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

impl Client {
    /// The `Authorization` that a request to our own origin carries without being challenged.
    pub(super) fn known_authorization(&self, access: impl FnOnce() -> Access) -> Option<HeaderValue> {
        match &self.options().credentials {
            Credentials::Token(token) => sensitive(&format!("Bearer {}", token.expose())),
            _ => self.tokens().find(access, || self.options().clock.elapsed()),
        }
    }

    /// An `Authorization` other than `refused` that answers the challenge of a 401; `None` if there is none to be had.
    pub(super) async fn answer_challenge(
        &self,
        answer: &Answer,
        access: &Access,
        refused: Option<&HeaderValue>,
        ledger: &Ledger,
    ) -> Result<Option<HeaderValue>, ClientError> {
        let Some(challenge) = best_challenge(answer, ledger) else { return Ok(None) };
        let _one_at_a_time = self.tokens().asking.lock().await;
        let known = self.known_authorization(|| access.clone());
        if known.as_ref() != refused && known.is_some() {
            return Ok(known);
        }
        let credentials = &self.options().credentials;
        let grant = if challenge.is("basic") {
            let Credentials::Basic { .. } = credentials else { return Ok(None) };
            basic(credentials).map(|header| Grant { header, expires: None })
        } else if matches!(credentials, Credentials::Token(_)) {
            None
        } else {
            Some(self.fetch_token(&challenge, answer, ledger).await?)
        };
        let Some(grant) = grant.filter(|grant| Some(&grant.header) != refused) else { return Ok(None) };
        let header = grant.header.clone();
        self.tokens().keep(access.clone(), grant);
        Ok(Some(header))
    }

    async fn fetch_token(
        &self,
        challenge: &Challenge,
        refused: &Answer,
        ledger: &Ledger,
    ) -> Result<Grant, ClientError> {
        let realm = challenge.param("realm").unwrap_or_default();
        let realm = crate::location::resolve(&refused.uri, realm)
            .map_err(|error| ClientError::Location { at: refused.at(), error })?;
        let policy = CallPolicy { authenticate: false, ..self.options().policy.clone() };
        let hop = token_request(&self.options().credentials, challenge, realm);
        // Boxed, because sending is what brought us here.
        let mut answer = Box::pin(self.send(hop, &policy, ledger)).await?;
        let failed = |at: Box<At>, reason: String, status| ClientError::Auth { at, reason, status };
        let body = answer.collect(TOKEN_LIMIT).await?;
        if !answer.status().is_success() {
            let reason = format!("the token server answered {}, {}", answer.status(), crate::excerpt::excerpt(&body));
            return Err(failed(answer.at(), reason, Some(answer.status().as_u16())));
        }
        let Ok(tokens) = serde_json::from_slice::<TokenBody>(&body) else {
            // The body is not shown: it may hold a token in another shape.
            let what = if crate::excerpt::is_html(&String::from_utf8_lossy(&body)) {
                "an HTML page"
            } else {
                "no token in JSON"
            };
            return Err(failed(answer.at(), format!("the token server answered 200 with {what}"), None));
        };
        let token = tokens.token.or(tokens.access_token).filter(|token| !token.is_empty());
        let header = token.and_then(|token| sensitive(&format!("Bearer {token}")));
        let header =
            header.ok_or_else(|| failed(answer.at(), "the token server gave no usable token".to_owned(), None))?;
        let life = tokens.expires_in.map_or(DEFAULT_LIFE, Duration::from_secs);
        // Nine tenths: a token that dies on the way is refused only after a whole body was sent (F02).
        let expires = self.options().clock.elapsed().checked_add(life.min(Duration::from_secs(1 << 32)) / 10 * 9);
        Ok(Grant { header, expires })
    }
}

/// Bearer before Basic. A 401 without a challenge breaks RFC 9110 section 11.6.1.
fn best_challenge(answer: &Answer, ledger: &Ledger) -> Option<Challenge> {
    let values: Vec<_> = answer
        .headers()
        .get_all(WWW_AUTHENTICATE)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    let mut challenges = Vec::new();
    for value in &values {
        match Challenge::parse_all(value) {
            Ok(parsed) => challenges.extend(parsed),
            Err(error) => ledger.add([Finding::new(
                "AP1",
                answer.trace,
                "WWW-Authenticate of the 401",
                "challenges",
                error.to_string(),
            )]),
        }
    }
    if values.is_empty() {
        ledger.add([Finding::new(
            "AP1",
            answer.trace,
            "WWW-Authenticate of the 401",
            "at least one challenge",
            "absent",
        )]);
    }
    let bearer = challenges.iter().position(|challenge| challenge.is("bearer"));
    let basic = challenges.iter().position(|challenge| challenge.is("basic"));
    bearer.or(basic).map(|index| challenges.swap_remove(index))
}

/// `GET realm?service&scope...`, or `POST` with an identity token. Several scopes are several parameters.
fn token_request(credentials: &Credentials, challenge: &Challenge, realm: Uri) -> Hop {
    let service = challenge.param("service");
    let scopes = challenge.param("scope").unwrap_or_default().split_ascii_whitespace();
    if let Credentials::Identity(token) = credentials {
        let mut form = Form::default().field("grant_type", "refresh_token").field("refresh_token", token.expose());
        form = form.field("client_id", "shakedown").field("scope", &scopes.collect::<Vec<_>>().join(" "));
        if let Some(service) = service {
            form = form.field("service", service);
        }
        return Hop::new(Method::POST, realm)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .payload(Payload::Bytes(form.0.into()));
    }
    let mut uri = realm;
    if let Some(service) = service {
        uri = append_query(&uri, "service", service);
    }
    for scope in scopes {
        uri = append_query(&uri, "scope", scope);
    }
    let mut hop = Hop::get(uri);
    hop.headers.extend(basic(credentials).map(|header| (AUTHORIZATION, header)));
    hop
}

#[derive(Default)]
struct Form(String);

impl Form {
    fn field(mut self, name: &str, value: &str) -> Self {
        let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
        let joint = if self.0.is_empty() { "" } else { "&" };
        self.0.push_str(&format!("{joint}{name}={value}"));
        self
    }
}

fn basic(credentials: &Credentials) -> Option<HeaderValue> {
    let Credentials::Basic { username, password } = credentials else { return None };
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{username}:{}", password.expose()));
    sensitive(&format!("Basic {pair}"))
}

/// A header value that is not printed by `Debug`; `None` if the text cannot be one.
fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_is_per_repository_and_kind() {
        let access = |method, uri: &str| Access::of(&method, &uri.parse().unwrap());
        let read = access(Method::GET, "http://a/v2/lab/app/manifests/1");
        assert_eq!(read, access(Method::HEAD, "http://a/v2/lab/app/blobs/sha256:0"));
        assert_ne!(read, access(Method::GET, "http://a/v2/lab/other/manifests/1"));
        let write = access(Method::POST, "http://a/v2/lab/app/blobs/uploads/");
        assert_eq!(write, access(Method::PATCH, "http://a/v2/lab/app/blobs/uploads/9ac3?_state=x"));
        assert_eq!(write, access(Method::DELETE, "http://a/v2/lab/app/blobs/uploads/9ac3"));
        assert_ne!(write, access(Method::DELETE, "http://a/v2/lab/app/blobs/sha256:0"));
        assert_ne!(write, access(Method::POST, "http://a/v2/lab/app/blobs/uploads/?mount=x&from=lab/base"));
        assert_eq!(access(Method::GET, "http://a/prefix/v2/blobs/blobs/x").area, "blobs");
    }

    #[test]
    fn every_scope_is_a_parameter_of_its_own() {
        let challenge = &Challenge::parse_all(
            r#"Bearer realm="x",service="a b",scope="repository:a/b:pull,push repository:c:pull""#,
        )
        .unwrap()[0];
        let hop = token_request(&Credentials::Anonymous, challenge, "http://auth/token?x=1".parse().unwrap());
        assert_eq!(
            hop.uri,
            "http://auth/token?x=1&service=a%20b&scope=repository:a/b:pull,push&scope=repository:c:pull"
        );
        assert!(hop.headers.is_empty());
    }
}
