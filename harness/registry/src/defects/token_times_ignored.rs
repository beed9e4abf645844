//! The defect `token-times-ignored`.

use super::{Defect, How};
use crate::auth::AuthConfig;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["F03"],
    how: How::Config(|config| { if let AuthConfig::Bearer(bearer) = &mut config.auth { bearer.leeway = std::time::Duration::from_secs(u64::from(u32::MAX)); } }),
    ..Defect::new("token-times-ignored", "Neither `exp` nor `nbf` of a token is looked at.")
};
