//! Allowed: `absolute-locations`.

use super::{Allowed, How};
use crate::config::LocationStyle;

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "absolute-locations",
    about: "Location and Link are absolute.",
    rules: &["PP1", "TL5"],
    lacks: &[],
    how: How::Config(|config| config.location = LocationStyle::Absolute),
};
