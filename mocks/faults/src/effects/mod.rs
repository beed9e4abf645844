//! One file per effect and one line in the list below.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a fault does. Kinds are keys: `effect: { delay: 2s }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {}
