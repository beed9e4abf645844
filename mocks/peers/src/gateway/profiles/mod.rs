//! Gateways as they are met: settings and faults under a name. One file beside this one and one line in the list.

use serde::Deserialize;
use shakedown_faults::{Fault, GatewaySettings};

/// A gateway as files write it: settings, and faults `on: gateway`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Profile {
    /// One line for lists.
    pub about: String,
    /// What it does to everything.
    pub settings: GatewaySettings,
    /// What it does to some calls.
    pub faults: Vec<Fault>,
}

impl Profile {
    /// Reads one.
    ///
    /// # Errors
    /// The text is not a profile, or one that cannot be meant; with line and column where there is a place.
    pub fn parse(text: &str) -> Result<Self, String> {
        let profile: Self = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        let problems: Vec<_> =
            profile.settings.problems().into_iter().chain(profile.faults.iter().flat_map(Fault::problems)).collect();
        if problems.is_empty() { Ok(profile) } else { Err(problems.join("; ")) }
    }

    /// The shipped profile of this name.
    pub fn named(name: &str) -> Option<Self> {
        let (_, text) = ALL.iter().find(|(known, _)| *known == name)?;
        Some(Self::parse(text).expect("shipped profiles are right: a test reads them all"))
    }
}

macro_rules! profiles {
    ($($name:literal),* $(,)?) => {
        /// Names and texts.
        const ALL: &[(&str, &str)] = &[$(($name, include_str!(concat!($name, ".yaml")))),*];
    };
}

profiles![
    "compresses",
    "firewall",
    "head-becomes-get",
    "html-errors",
    "keeps-404",
    "overloaded",
    "passes-backend-host",
    "portal",
    "small-bodies",
    "strips-slash",
    "tls-unsaid",
];

/// Names and what they are about, sorted by name.
pub fn list() -> impl Iterator<Item = (&'static str, String)> {
    ALL.iter().filter_map(|(name, _)| Some((*name, Profile::named(name)?.about)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_can_be_read_and_does_something() {
        assert!(ALL.is_sorted_by_key(|(name, _)| *name));
        for (name, text) in ALL {
            let profile = Profile::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(!profile.about.is_empty(), "{name}");
            assert!(profile.settings != GatewaySettings::default() || !profile.faults.is_empty(), "{name}");
        }
        assert_eq!(Profile::named("nothing"), None);
    }
}
