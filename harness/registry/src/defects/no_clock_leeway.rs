//! The defect `no-clock-leeway`.

use super::{Defect, How};
use crate::auth::AuthConfig;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["F03"],
    how: How::Config(|config| { if let AuthConfig::Bearer(bearer) = &mut config.auth { bearer.leeway = std::time::Duration::ZERO; } }),
    ..Defect::new("no-clock-leeway", "The clocks of the token server and the registry must agree to the second.")
};
