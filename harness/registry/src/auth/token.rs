//! Bearer tokens (JWT, RFC 7519): signature, issuer, audience, times on the run's clock, and the `access` claim of Docker's token
//! protocol. Not here: which keys are trusted (`keys`).

use std::cmp::Ordering;
use std::time::{Duration, SystemTime};

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Validation, decode, decode_header};
use serde::Deserialize;
use shakedown_oci::Scope;

use super::BearerConfig;

/// Longest token that is looked at, in bytes; a header of more is refused by most servers anyway.
const LONGEST: usize = 16 << 10;
/// Most entries of `access`.
const MOST: usize = 256;

/// Why a token is not accepted. Shown to its bearer: it says nothing that the token does not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenError {
    #[error("it is larger than {LONGEST} bytes")]
    TooLarge,
    #[error("it is not a signed JWT with an algorithm that is accepted")]
    Malformed,
    #[error("no key that is trusted has its `kid` and `alg`")]
    Key,
    #[error("its signature is wrong")]
    Signature,
    #[error("it is of another issuer")]
    Issuer,
    #[error("it is meant for another service")]
    Audience,
    #[error("it has expired")]
    Expired,
    #[error("it is not valid yet")]
    NotYet,
    #[error("its claims are incomplete or not of the right type")]
    Claims,
    #[error("it grants more than {MOST} things")]
    TooManyScopes,
}

#[derive(Deserialize)]
struct Claims {
    /// Seconds since 1970; may have a fraction (RFC 7519 section 2, NumericDate).
    exp: f64,
    nbf: Option<f64>,
    #[serde(default)]
    access: Vec<Access>,
}

#[derive(Deserialize)]
struct Access {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    actions: Vec<String>,
}

/// What a token grants at `now`.
pub(super) fn verify(token: &str, config: &BearerConfig, now: SystemTime) -> Result<Vec<Scope>, TokenError> {
    if token.len() > LONGEST {
        return Err(TokenError::TooLarge);
    }
    let header = decode_header(token).map_err(|_| TokenError::Malformed)?;
    // Extensions that must be understood are not (RFC 7515 section 4.1.11).
    if header.crit.is_some() {
        return Err(TokenError::Malformed);
    }
    let mut failed = TokenError::Key;
    for key in config.keys.candidates(header.kid.as_deref(), header.alg) {
        match decode::<Claims>(token, &key.key, &rules(key.algorithm, config)) {
            Ok(data) => return granted(data.claims, config.leeway, now),
            Err(error) => failed = reason(error.kind()),
        }
    }
    Err(failed)
}

/// The algorithm is the key's, never the token's choice; the library's own clock is not asked.
fn rules(algorithm: jsonwebtoken::Algorithm, config: &BearerConfig) -> Validation {
    let mut rules = Validation::new(algorithm);
    rules.validate_exp = false;
    rules.validate_nbf = false;
    rules.set_required_spec_claims(&["exp", "iss", "aud"]);
    rules.set_issuer(&[&config.issuer]);
    rules.set_audience(&[&config.service]);
    rules
}

fn reason(kind: &ErrorKind) -> TokenError {
    match kind {
        ErrorKind::InvalidSignature => TokenError::Signature,
        ErrorKind::InvalidIssuer => TokenError::Issuer,
        ErrorKind::InvalidAudience => TokenError::Audience,
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::Json(_) | ErrorKind::InvalidClaimFormat(_) => {
            TokenError::Claims
        }
        _ => TokenError::Malformed,
    }
}

fn granted(claims: Claims, leeway: Duration, now: SystemTime) -> Result<Vec<Scope>, TokenError> {
    let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let leeway = leeway.as_secs_f64();
    // A number that is none is refused: it compares as neither.
    if now.partial_cmp(&(claims.exp + leeway)) != Some(Ordering::Less) {
        return Err(TokenError::Expired);
    }
    if claims.nbf.is_some_and(|nbf| !matches!((nbf - leeway).partial_cmp(&now), Some(Ordering::Less | Ordering::Equal)))
    {
        return Err(TokenError::NotYet);
    }
    if claims.access.len() > MOST {
        return Err(TokenError::TooManyScopes);
    }
    let scope = |access: Access| Scope { kind: access.kind, name: access.name, actions: access.actions };
    Ok(claims.access.into_iter().map(scope).collect())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    use super::super::KeySet;
    use super::*;

    /// The public key of RFC 8037, appendix A.2.
    const KEYS: &str =
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

    proptest! {
        #[test]
        fn what_nobody_signed_is_no_token(
            header in r#"\{("typ":"JWT",)?"alg":"(EdDSA|none|HS256|RS256|ES256)"(,"kid":"[12]")?(,"crit":\[\])?\}|.{0,20}"#,
            claims in r#"\{"iss":"i","aud":"s","exp":(9999999999|1e999|-1|null),"access":\[\]\}|.{0,20}"#,
            signature in "[A-Za-z0-9_-]{86}|[A-Za-z0-9_-]{0,90}",
            text in ".*|[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]*\\.?.{0,9}",
        ) {
            let config = BearerConfig::new("http://auth.test/token", "s", "i", KeySet::from_json(KEYS).unwrap());
            let token = format!("{}.{}.{signature}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
            prop_assert!(verify(&token, &config, SystemTime::UNIX_EPOCH).is_err(), "{}", token);
            prop_assert!(verify(&text, &config, SystemTime::UNIX_EPOCH).is_err(), "{}", text);
        }
    }
}
