//! Signatures in the query: presigned URLs.

use std::time::Duration;

use super::signing::{ChunkSigner, string_to_sign};
use super::{Scope, Signed, Stamp, Verified, canonical, check_signed_headers, credential, iso, text};
use crate::error::{Code, S3Error};

/// The longest life of a presigned URL: seven days.
const MAX_EXPIRES_SECONDS: u64 = 604_800;
const CODE: Code = Code::AuthorizationQueryParametersError;

/// Verifies `X-Amz-Algorithm`, `-Credential`, `-Date`, `-Expires`, `-SignedHeaders` and `-Signature`.
pub(super) fn verify(request: &Signed<'_>) -> Result<Verified, S3Error> {
    let field = |name: &str| request.query.get(name).ok_or(CODE);
    if field("X-Amz-Algorithm")? != "AWS4-HMAC-SHA256" {
        return Err(S3Error::new(CODE, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\""));
    }
    let malformed = |what: &str| S3Error::new(CODE, format!("Error parsing the {what} parameter."));
    let scope = Scope::parse(field("X-Amz-Credential")?).ok_or_else(|| malformed("X-Amz-Credential"))?;
    let time = Stamp::parse(field("X-Amz-Date")?).ok_or_else(|| malformed("X-Amz-Date"))?;
    let signed: Vec<&str> = field("X-Amz-SignedHeaders")?.split(';').collect();
    let expires = expires(field("X-Amz-Expires")?)?;
    let signature = field("X-Amz-Signature")?;
    let token = request.query.get("X-Amz-Security-Token").or_else(|| text(request.headers, "x-amz-security-token"));
    let credential = credential(request, &scope, token)?;
    scope.check(request.config, &time, CODE)?;
    check_life(request, &time, expires)?;
    check_signed_headers(request.headers, &signed)?;
    let sent = text(request.headers, "x-amz-content-sha256").or_else(|| request.query.get("X-Amz-Content-Sha256"));
    let payload_hash = sent.unwrap_or("UNSIGNED-PAYLOAD");
    let hash = canonical::hash(request.method, request.uri, request.headers, &signed, payload_hash, "X-Amz-Signature");
    let key = request.keys.get(&credential.secret_key, &scope);
    let to_sign = string_to_sign(&time, &scope, &hash);
    if !key.verify(&to_sign, signature) {
        return Err(S3Error::from(Code::SignatureDoesNotMatch)
            .with("AWSAccessKeyId", &scope.access_key)
            .with("StringToSign", to_sign));
    }
    let chunks = ChunkSigner::new(key, &time, &scope, signature);
    Ok(Verified { payload_hash: Some(payload_hash.to_owned()), chunks: Some(chunks) })
}

fn expires(text: &str) -> Result<Duration, S3Error> {
    match text.parse::<u64>() {
        Ok(seconds) if (1..=MAX_EXPIRES_SECONDS).contains(&seconds) => Ok(Duration::from_secs(seconds)),
        Ok(0) => Err(S3Error::new(CODE, "X-Amz-Expires must be non-negative")),
        Ok(_) => Err(S3Error::new(
            CODE,
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
        )),
        Err(_) => Err(S3Error::new(CODE, "X-Amz-Expires should be a number")),
    }
}

/// A URL lives from its date (with the skew allowed) to its date plus `X-Amz-Expires`.
fn check_life(request: &Signed<'_>, time: &Stamp, expires: Duration) -> Result<(), S3Error> {
    if time.time > request.now + request.config.clock_skew_limit {
        return Err(S3Error::new(Code::AccessDenied, "Request is not valid yet")
            .with("X-Amz-Date", &time.text)
            .with("ServerTime", iso(request.now)));
    }
    let end = time.time + expires;
    if request.now > end {
        return Err(S3Error::new(Code::AccessDenied, "Request has expired")
            .with("X-Amz-Expires", expires.as_secs())
            .with("Expires", iso(end))
            .with("ServerTime", iso(request.now)));
    }
    Ok(())
}
