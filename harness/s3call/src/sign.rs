//! SigV4 by the `aws-sigv4` crate: headers for calls, query parameters for redirects.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as AwsCredentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningInstructions,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use percent_encoding::utf8_percent_encode;

use crate::Credentials;
use crate::address::UNRESERVED;

/// Who signs, for which region, when.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'a> {
    /// The keys.
    pub credentials: &'a Credentials,
    /// The region of the scope.
    pub region: &'a str,
    /// The time of the signature.
    pub now: SystemTime,
}

impl Signer<'_> {
    /// Adds `authorization`, `x-amz-date`, `x-amz-content-sha256` to `headers`, all of which are signed.
    ///
    /// # Errors
    /// A header or the address cannot be signed.
    pub fn headers(&self, method: &str, uri: &Uri, headers: &mut HeaderMap, sha256: &str) -> Result<(), String> {
        let body = SignableBody::Precomputed(sha256.to_owned());
        let instructions = self.sign(method, uri, headers, body, settings(SignatureLocation::Headers))?;
        for (name, value) in instructions.headers() {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| error.to_string())?;
            let mut value = HeaderValue::from_str(value).map_err(|error| error.to_string())?;
            value.set_sensitive(name == http::header::AUTHORIZATION);
            headers.insert(name, value);
        }
        Ok(())
    }

    /// `uri` with a signature in its query, good for one method, one host and `expiry`.
    ///
    /// # Errors
    /// The address cannot be signed.
    pub fn presigned(&self, method: &str, uri: &Uri, expiry: Duration) -> Result<String, String> {
        let mut settings = settings(SignatureLocation::QueryParams);
        settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
        settings.expires_in = Some(expiry);
        let instructions = self.sign(method, uri, &HeaderMap::new(), SignableBody::UnsignedPayload, settings)?;
        let mut target = uri.to_string();
        for (at, (name, value)) in instructions.params().iter().enumerate() {
            target.push(if at == 0 && uri.query().is_none() { '?' } else { '&' });
            target.push_str(name);
            target.push('=');
            target.extend(utf8_percent_encode(value, UNRESERVED));
        }
        Ok(target)
    }

    fn sign(
        &self,
        method: &str,
        uri: &Uri,
        headers: &HeaderMap,
        body: SignableBody<'_>,
        settings: SigningSettings,
    ) -> Result<SigningInstructions, String> {
        let Credentials { access_key, secret_key, session_token } = self.credentials;
        let credentials = AwsCredentials::new(access_key, secret_key, session_token.clone(), None, "shakedown");
        let identity = credentials.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name("s3")
            .time(self.now)
            .settings(settings)
            .build()
            .map_err(|error| error.to_string())?
            .into();
        let lines = headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let request = SignableRequest::new(method, Cow::Owned(uri.to_string()), lines, body)
            .map_err(|error| error.to_string())?;
        sign(request, &params).map(|output| output.into_parts().0).map_err(|error| error.to_string())
    }
}

fn settings(location: SignatureLocation) -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    settings.signature_location = location;
    settings
}
