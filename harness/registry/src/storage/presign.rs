//! Signed addresses for redirects. Not here: when to redirect.

use std::time::Duration;

use http::{Method, Uri};
use shakedown_s3call::Signer;

use super::call::{Call, Op};
use super::client::Storage;

impl Storage {
    /// The address of `key` below `public_base` (or the endpoint), signed for `method` (incidents C01-C05).
    pub(crate) fn presigned(
        &self,
        method: &Method,
        key: &str,
        expiry: Duration,
        public_base: Option<&Uri>,
    ) -> Result<String, String> {
        let op = if *method == Method::HEAD { Op::HeadObject } else { Op::GetObject };
        let uri = self.uri(public_base.unwrap_or(&self.config().endpoint), &Call::on_key(op, key))?;
        let credentials = self.config().credentials.current();
        let signer = Signer { credentials: &credentials, region: &self.config().region, now: self.clock().now() };
        signer.presigned(method.as_str(), &uri, expiry)
    }
}
