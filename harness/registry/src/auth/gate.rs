//! The gate every request passes before anything else: it gives what the request may do, or a challenge. It never touches the storage.

use base64::Engine as _;
use http::{StatusCode, header};
use shakedown_oci::{Challenge, ErrorCode, RepositoryName, Scope};
use shakedown_wire::Clock;

use super::passwords::{Checked, Passwords};
use super::rules::{Right, right, wish};
use super::{AuthConfig, BasicConfig, BearerConfig, Grant, token};
use crate::api::{Ask, Refusal, Route};
use crate::defects::{DefectSet, any_password_will_do, any_token_will_do, repository_of_token_ignored};

/// Longest `Authorization` of user and password that is looked at, in bytes.
const LONGEST_BASIC: usize = 4 << 10;

/// Who may do what.
pub(crate) enum Gate {
    Open,
    PullOnly,
    Basic(Box<BasicConfig>, Box<Passwords>),
    Bearer(Box<BearerConfig>, Clock),
}

impl Gate {
    pub(crate) fn new(config: &AuthConfig, clock: &Clock) -> Self {
        match config {
            AuthConfig::Open => Self::Open,
            AuthConfig::PullOnly => Self::PullOnly,
            AuthConfig::Basic(config) => {
                Self::Basic(Box::new(config.clone()), Box::new(Passwords::new(config.users.clone())))
            }
            AuthConfig::Bearer(config) => Self::Bearer(Box::new(config.clone()), clock.clone()),
        }
    }

    /// What this request may do; it may do what it asks for.
    ///
    /// # Errors
    /// 401 with a challenge where other credentials help, 403 where they do not.
    pub(crate) async fn admit(&self, ask: &Ask, route: &Route, defects: &DefectSet) -> Result<Grant, Refusal> {
        let right = right(route, &ask.head.method);
        if right == Right::Nothing {
            return Ok(Grant::nothing());
        }
        let admitted = match self {
            Self::Open => Ok(Grant::All),
            Self::PullOnly => pull_only(&right),
            Self::Basic(config, passwords) => basic(config, passwords, ask, &right, defects).await,
            Self::Bearer(config, clock) => bearer(config, clock, ask, &right, defects),
        };
        if let Err(Refusal::Client(refused)) = &admitted {
            ask.cx.info(&format!("refused before anything was looked at: {}", refused.message()));
        }
        admitted
    }
}

fn allowed(grant: &Grant, right: &Right) -> bool {
    match right {
        Right::Nothing | Right::Somebody => true,
        Right::Scope(scope) => grant.allows(scope),
    }
}

fn denied() -> Refusal {
    Refusal::new(ErrorCode::Denied, "this needs a right that you do not have")
}

fn pull_only(right: &Right) -> Result<Grant, Refusal> {
    let grant = Grant::Reader { catalog: true };
    // Without a way to log in a challenge would be a lie.
    if allowed(&grant, right) { Ok(grant) } else { Err(denied()) }
}

async fn basic(
    config: &BasicConfig,
    passwords: &Passwords,
    ask: &Ask,
    right: &Right,
    defects: &DefectSet,
) -> Result<Grant, Refusal> {
    let challenge = |message: &str| {
        Refusal::new(ErrorCode::Unauthorized, message)
            .header(header::WWW_AUTHENTICATE, Challenge::basic(&config.realm).to_string())
    };
    let Some(sent) = credentials(ask, "basic") else {
        let grant = Grant::Reader { catalog: false };
        // `/v2/` is challenged all the same: there is no other place where clients learn that they can log in.
        let open = config.anonymous_pull && *right != Right::Somebody && allowed(&grant, right);
        return if open { Ok(grant) } else { Err(challenge("user and password are needed")) };
    };
    let Some((user, password)) = user_and_password(sent) else {
        return Err(challenge("the Authorization header does not hold user and password"));
    };
    match passwords.check(&user, &password).await {
        Checked::Wrong if defects.has(&any_password_will_do::DEFECT) && config.users.hash(&user).is_some() => {}
        Checked::Wrong => return Err(challenge("user and password do not belong together")),
        Checked::Busy => {
            let refusal = Refusal::new(ErrorCode::TooManyRequests, "too many log-ins at the same time");
            return Err(refusal.header(header::RETRY_AFTER, "1"));
        }
        Checked::Right => {}
    }
    let grant = if config.readers.contains(&user) { Grant::Reader { catalog: true } } else { Grant::All };
    if allowed(&grant, right) { Ok(grant) } else { Err(denied()) }
}

fn bearer(
    config: &BearerConfig,
    clock: &Clock,
    ask: &Ask,
    right: &Right,
    defects: &DefectSet,
) -> Result<Grant, Refusal> {
    let wishes: Vec<Scope> = wish(right).into_iter().chain(mount_source(ask, right)).collect();
    let challenge = |error: Option<&str>, message: String| {
        let mut challenge = Challenge::bearer(&config.realm, &config.service, &wishes);
        if let Some(error) = error {
            challenge = challenge.with("error", error);
        }
        let refusal = Refusal::new(ErrorCode::Unauthorized, message);
        refusal.status(StatusCode::UNAUTHORIZED).header(header::WWW_AUTHENTICATE, challenge.to_string())
    };
    let Some(token) = credentials(ask, "bearer") else {
        return Err(challenge(None, "a token is needed".to_owned()));
    };
    let scopes = token::verify(token, config, clock.now())
        .map_err(|error| challenge(Some("invalid_token"), format!("the token is not accepted: {error}")))?;
    let grant = match right {
        _ if defects.has(&any_token_will_do::DEFECT) => Grant::All,
        Right::Scope(wanted) if defects.has(&repository_of_token_ignored::DEFECT) => {
            Grant::Scopes(scopes.into_iter().map(|scope| Scope { name: wanted.name.clone(), ..scope }).collect())
        }
        _ => Grant::Scopes(scopes),
    };
    if allowed(&grant, right) {
        return Ok(grant);
    }
    // 401, not 403: a client asks for a wider token only if it is challenged (F05).
    Err(challenge(Some("insufficient_scope"), "the token does not grant this".to_owned()))
}

/// A mount also wants to read its source (D16). Without that right it becomes an upload, so it is a wish, not a need.
fn mount_source(ask: &Ask, right: &Right) -> Option<Scope> {
    if ask.head.method != http::Method::POST || !matches!(right, Right::Scope(scope) if scope.kind == "repository") {
        return None;
    }
    ask.query("mount")?;
    let from: RepositoryName = ask.query("from")?.parse().ok()?;
    Some(Scope::repository(&from, &["pull"]))
}

/// What stands behind the scheme in `Authorization`. Credentials of another scheme are none.
fn credentials<'a>(ask: &'a Ask, scheme: &str) -> Option<&'a str> {
    let (sent, rest) = ask.header(header::AUTHORIZATION)?.trim().split_once(' ')?;
    sent.eq_ignore_ascii_case(scheme).then(|| rest.trim_start())
}

fn user_and_password(encoded: &str) -> Option<(String, String)> {
    if encoded.len() > LONGEST_BASIC {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}
