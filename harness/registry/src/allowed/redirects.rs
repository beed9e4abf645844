//! Allowed: `redirects`.

use super::{Allowed, How};
use crate::config::Redirect;

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "redirects",
    about: "Blobs are answered with a redirect to the storage.",
    rules: &["AP2"],
    lacks: &[],
    how: How::Config(|config| config.redirect = Redirect::on(None)),
};
