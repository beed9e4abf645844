//! Platforms of index entries: `linux/arm64/v8` (image-spec `image-index.md`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::quote;

/// For which machine an image was built.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Platform {
    /// CPU architecture, e.g. `amd64`.
    #[serde(default)]
    pub architecture: String,
    /// Operating system, e.g. `linux`.
    #[serde(default)]
    pub os: String,
    /// Variant of the CPU, e.g. `v8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// A text that is no platform.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("malformed platform {text}: expected <os>/<architecture>[/<variant>]")]
pub struct PlatformError {
    /// What was given, quoted and shortened.
    pub text: String,
}

impl Platform {
    /// Whether an image for `self` serves a wish for `wanted`; a wish without a variant takes any.
    pub fn serves(&self, wanted: &Self) -> bool {
        self.os == wanted.os
            && self.architecture == wanted.architecture
            && wanted.variant.as_ref().is_none_or(|variant| self.variant.as_ref() == Some(variant))
    }

    /// Attestations and the like are listed for `unknown/unknown`; they are not images to run (I11).
    pub fn is_unknown(&self) -> bool {
        self.os == "unknown" && self.architecture == "unknown"
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let parts: Vec<_> = text.splitn(4, '/').collect();
        let valid = |part: &&str| !part.is_empty() && part.len() <= 64;
        if !parts.iter().all(valid) {
            return Err(PlatformError { text: quote(text) });
        }
        match *parts {
            [os, architecture] => Ok(Self { architecture: architecture.into(), os: os.into(), variant: None }),
            [os, architecture, variant] => {
                Ok(Self { architecture: architecture.into(), os: os.into(), variant: Some(variant.into()) })
            }
            _ => Err(PlatformError { text: quote(text) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_variant_is_optional_in_a_wish() {
        let image: Platform = "linux/arm64/v8".parse().unwrap();
        assert!(image.serves(&"linux/arm64".parse().unwrap()));
        assert!(!image.serves(&"linux/arm64/v9".parse().unwrap()));
        assert!(!image.serves(&"linux/amd64".parse().unwrap()));
        assert!("linux".parse::<Platform>().is_err() && "a/b/c/d".parse::<Platform>().is_err());
        assert!("unknown/unknown".parse::<Platform>().unwrap().is_unknown());
    }

    proptest! {
        #[test]
        fn what_parses_renders_the_same(text in "[a-z/]{0,20}") {
            if let Ok(platform) = text.parse::<Platform>() {
                prop_assert_eq!(platform.to_string(), text);
            }
        }
    }
}
