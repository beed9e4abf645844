//! A profile as its file says it, and how it changes a mock. Which profiles there are stands in the list beside.

use std::sync::LazyLock;

use serde::Deserialize;
use shakedown_faults::Fault;

use super::FILES;
use crate::config::S3Config;

/// One known way to differ from S3.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Profile {
    /// Its name: the stem of its file.
    #[serde(skip)]
    pub name: &'static str,
    /// What is different, and what a registry makes of it.
    pub about: String,
    /// Where it was seen: blocks of the incident catalogue and public threads.
    pub source: Vec<String>,
    /// The probes of `shakedown qualify` that fail on it, and no others do.
    pub fails: Fails,
    /// What the mock is set to.
    #[serde(default)]
    pub settings: Settings,
    /// What always goes wrong, in order; behind the faults of a scenario.
    #[serde(default)]
    pub faults: Vec<Fault>,
}

/// Probes that fail on a profile, by the level that asks them first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fails {
    /// Of the level quick.
    pub quick: Vec<String>,
    /// Those that the level standard adds.
    pub standard: Vec<String>,
    /// Those that the level heavy adds.
    pub heavy: Vec<String>,
}

/// Settings of the mock that a profile changes; what is not given stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Settings {
    /// Whether `/bucket/key` is accepted.
    pub path_style: Option<bool>,
    /// Whether `bucket.host/key` is accepted.
    pub virtual_host_style: Option<bool>,
    /// Whether all parts but the last must have one length.
    pub equal_parts: Option<bool>,
    /// Longest page of a listing.
    pub max_keys: Option<usize>,
    /// Whether a repeated CompleteMultipartUpload succeeds.
    pub complete_idempotent: Option<bool>,
    /// Whether `x-amz-acl` is refused.
    pub refuse_acl: Option<bool>,
    /// Whether `x-amz-storage-class` is refused.
    pub refuse_storage_class: Option<bool>,
}

impl Settings {
    /// Changes what this profile has an opinion on.
    pub fn apply(&self, config: &mut S3Config) {
        fn set<T: Copy>(target: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *target = value;
            }
        }
        set(&mut config.path_style, self.path_style);
        set(&mut config.virtual_host_style, self.virtual_host_style);
        set(&mut config.limits.equal_parts, self.equal_parts);
        set(&mut config.limits.max_keys, self.max_keys);
        set(&mut config.complete_idempotent, self.complete_idempotent);
        set(&mut config.refuse_acl, self.refuse_acl);
        set(&mut config.refuse_storage_class, self.refuse_storage_class);
    }
}

static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let read = |(name, text): &(&'static str, &str)| match serde_saphyr::from_str::<Profile>(text) {
        Ok(profile) => Profile { name, ..profile },
        // The files are part of this program, and a test reads them all.
        Err(error) => panic!("profiles/{name}.yaml: {error}"),
    };
    FILES.iter().map(read).collect()
});

/// All profiles, in the order of their names.
pub fn profiles() -> &'static [Profile] {
    &PROFILES
}

/// The profile of this name.
pub fn profile(name: &str) -> Option<&'static Profile> {
    profiles().iter().find(|profile| profile.name == name)
}
