//! Which calls a fault strikes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// All given conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct When {}
