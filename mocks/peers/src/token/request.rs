//! Reads requests for tokens: GET with Basic and query (Docker), POST with a form (OAuth2). Decides who asks, and for what.

use base64::Engine as _;
use http::{Method, header};
use percent_encoding::percent_decode_str;
use shakedown_oci::Scope;
use shakedown_wire::{Request, Response, WireError};

use super::answer::{self, Flow, Kept};
use super::config::Anonymous;
use super::{Rights, Shared, issue};

/// Largest form that is read, in bytes.
const FORM_LIMIT: usize = 64 << 10;
/// Most scopes of one request.
const MOST_SCOPES: usize = 64;

/// `/token`.
pub(super) async fn token(server: &Shared, request: Request) -> Result<Response, WireError> {
    match *request.method() {
        Method::GET => Ok(docker(server, &request)),
        Method::POST => {
            let Ok(form) = request.into_body().collect(FORM_LIMIT).await else {
                return Ok(answer::oauth_error("invalid_request", "the form is too large, or did not arrive"));
            };
            Ok(oauth(server, &fields(&String::from_utf8_lossy(&form))))
        }
        _ => Ok(answer::method_not_allowed()),
    }
}

fn docker(server: &Shared, request: &Request) -> Response {
    let query = fields(request.uri().query().unwrap_or_default());
    let (user, rights) = match request.headers().get(header::AUTHORIZATION) {
        None => match &server.config.anonymous {
            Anonymous::Refused => return answer::unauthorized("user and password are needed"),
            Anonymous::Rights(rights) => ("", rights),
        },
        Some(sent) => match who(server, sent.to_str().unwrap_or_default()) {
            Some(found) => found,
            None => return answer::unauthorized("user and password do not belong together"),
        },
    };
    let scopes = match scopes(server, &query) {
        Ok(scopes) => scopes,
        Err(message) => return answer::bad_request(&message),
    };
    let offline = first(&query, "offline_token") == Some("true") && !user.is_empty();
    let kept = if offline { Kept::Refresh(server.refresh_token(user)) } else { Kept::Nothing };
    answer::token(server, Flow::Docker, issue::issue(server, user, rights.grant(&scopes)), kept)
}

fn oauth(server: &Shared, form: &[(String, String)]) -> Response {
    let found = match first(form, "grant_type") {
        Some("password") => {
            let (user, password) = (first(form, "username"), first(form, "password"));
            known(server, user.unwrap_or_default(), password.unwrap_or_default())
        }
        Some("refresh_token") => {
            let sent = first(form, "refresh_token").unwrap_or_default();
            let owner = server.config.users.iter().find(|(user, _)| server.refresh_token(user) == sent);
            owner.map(|(name, user)| (name.as_str(), &user.rights))
        }
        Some(_) => return answer::oauth_error("unsupported_grant_type", "only password and refresh_token are known"),
        None => return answer::oauth_error("invalid_request", "grant_type is missing"),
    };
    let Some((user, rights)) = found else {
        return answer::oauth_error("invalid_grant", "these credentials are not good");
    };
    let scopes = match scopes(server, form) {
        Ok(scopes) => scopes,
        Err(message) => return answer::oauth_error("invalid_scope", &message),
    };
    let offline = first(form, "access_type") == Some("offline");
    let kept = if offline { Kept::Refresh(server.refresh_token(user)) } else { Kept::Nothing };
    answer::token(server, Flow::OAuth, issue::issue(server, user, rights.grant(&scopes)), kept)
}

/// Whom `Basic ...` names, if the password is right.
fn who<'a>(server: &'a Shared, authorization: &str) -> Option<(&'a str, &'a Rights)> {
    let (scheme, encoded) = authorization.split_once(' ')?;
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let pair = String::from_utf8(decoded).ok()?;
    let (user, password) = pair.split_once(':')?;
    if scheme.eq_ignore_ascii_case("basic") { known(server, user, password) } else { None }
}

fn known<'a>(server: &'a Shared, user: &str, password: &str) -> Option<(&'a str, &'a Rights)> {
    let (name, found) = server.config.users.get_key_value(user)?;
    (found.password == password).then_some((name.as_str(), &found.rights))
}

/// What is asked for, if the service is ours.
fn scopes(server: &Shared, fields: &[(String, String)]) -> Result<Vec<Scope>, String> {
    if let Some(service) = first(fields, "service").filter(|service| *service != server.config.service) {
        return Err(format!("the service {} is not known here", service.escape_default()));
    }
    let values = fields.iter().filter(|(name, _)| name == "scope").map(|(_, value)| value.as_str());
    let mut texts: Vec<&str> = values.flat_map(str::split_ascii_whitespace).collect();
    if server.config.last_scope_only {
        texts.drain(..texts.len().saturating_sub(1));
    }
    if texts.len() > MOST_SCOPES {
        return Err(format!("more than {MOST_SCOPES} scopes"));
    }
    texts.into_iter().map(|text| text.parse().map_err(|error: shakedown_oci::ScopeError| error.to_string())).collect()
}

fn first<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Fields of a query or form.
fn fields(text: &str) -> Vec<(String, String)> {
    let decode = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}
