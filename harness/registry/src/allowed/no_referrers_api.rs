//! Allowed: `no-referrers-api`.

use super::{Allowed, How};

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "no-referrers-api",
    about: "There is no referrers API, and clients keep referrers under tags.",
    rules: &["RQ2"],
    lacks: &["referrers"],
    how: How::Config(|config| config.referrers = false),
};
