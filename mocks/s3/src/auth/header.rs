//! Signatures in the `Authorization` header.

use super::signing::{ChunkSigner, string_to_sign};
use super::{
    Scope, Signed, Stamp, Verified, canonical, check_signed_headers, credential, distance, iso, text, version_two,
};
use crate::error::{Code, S3Error};

/// Verifies `Authorization: AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...`.
pub(super) fn verify(request: &Signed<'_>, value: &str) -> Result<Verified, S3Error> {
    let parsed = Authorization::parse(value)?;
    let time = request_time(request)?;
    let token = text(request.headers, "x-amz-security-token");
    let credential = credential(request, &parsed.scope, token)?;
    parsed.scope.check(request.config, &time, Code::AuthorizationHeaderMalformed)?;
    check_skew(request, &time)?;
    check_signed_headers(request.headers, &parsed.signed_headers)?;
    let Some(payload_hash) = text(request.headers, "x-amz-content-sha256") else {
        return Err(S3Error::new(
            Code::InvalidRequest,
            "Missing required header for this request: x-amz-content-sha256",
        ));
    };
    let hash = canonical::hash(request.method, request.uri, request.headers, &parsed.signed_headers, payload_hash, "");
    let key = request.keys.get(&credential.secret_key, &parsed.scope);
    let to_sign = string_to_sign(&time, &parsed.scope, &hash);
    if !key.verify(&to_sign, parsed.signature) {
        return Err(S3Error::from(Code::SignatureDoesNotMatch)
            .with("AWSAccessKeyId", &parsed.scope.access_key)
            .with("StringToSign", to_sign));
    }
    let signer = || ChunkSigner::new(key, &time, &parsed.scope, parsed.signature);
    let chunks = payload_hash.starts_with("STREAMING-").then(signer);
    Ok(Verified { payload_hash: Some(payload_hash.to_owned()), chunks })
}

struct Authorization<'a> {
    scope: Scope,
    signed_headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    fn parse(value: &'a str) -> Result<Self, S3Error> {
        let Some(rest) = value.strip_prefix("AWS4-HMAC-SHA256") else { return Err(version_two()) };
        let (mut scope, mut headers, mut signature) = (None, None, None);
        for field in rest.split(',') {
            match field.trim().split_once('=') {
                Some(("Credential", text)) => scope = Scope::parse(text),
                Some(("SignedHeaders", text)) => headers = Some(text.split(';').collect()),
                Some(("Signature", text)) => signature = Some(text),
                _ => {}
            }
        }
        match (scope, headers, signature) {
            (Some(scope), Some(signed_headers), Some(signature)) => Ok(Self { scope, signed_headers, signature }),
            _ => Err(Code::AuthorizationHeaderMalformed.into()),
        }
    }
}

/// `x-amz-date`, else `Date` in either spelling.
fn request_time(request: &Signed<'_>) -> Result<Stamp, S3Error> {
    let parsed = match (text(request.headers, "x-amz-date"), text(request.headers, "date")) {
        (Some(text), _) => Stamp::parse(text),
        (None, Some(text)) => Stamp::parse(text).or_else(|| httpdate::parse_http_date(text).ok().map(Stamp::of)),
        (None, None) => None,
    };
    parsed.ok_or_else(|| {
        S3Error::new(Code::AccessDenied, "AWS authentication requires a valid Date or x-amz-date header")
    })
}

fn check_skew(request: &Signed<'_>, time: &Stamp) -> Result<(), S3Error> {
    if distance(time.time, request.now) <= request.config.clock_skew_limit {
        return Ok(());
    }
    Err(S3Error::from(Code::RequestTimeTooSkewed)
        .with("RequestTime", &time.text)
        .with("ServerTime", iso(request.now))
        .with("MaxAllowedSkewMilliseconds", request.config.clock_skew_limit.as_millis()))
}
