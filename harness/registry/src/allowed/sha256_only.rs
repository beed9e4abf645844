//! Allowed: `sha256-only`.

use super::{Allowed, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "sha256-only",
    about: "SHA-512 is not supported: a digest of it is answered 400.",
    rules: &["BL1"],
    lacks: &["sha512"],
    how: How::Request(|asked| {
        let is_sha512 = |text: &str| text.starts_with("sha512:") || text.starts_with("sha512%3A");
        let named = [asked.blob(), asked.manifest(), asked.referrers(), asked.query("digest")];
        let asks = named.into_iter().flatten().any(is_sha512) || asked.query("digest-algorithm") == Some("sha512");
        asks.then(|| Answer::refusal(400, "DIGEST_INVALID"))
    }),
};
