//! Allowed behaviours: what a correct registry may do otherwise than the reference does, so that scenarios can be shown to let it pass.
//!
//! One more is one file here and one line in the list below.

use std::fmt;

use crate::RegistryConfig;
pub(crate) use crate::variant::How;

/// One way to be right that is not the reference's.
pub struct Allowed {
    /// Its name on the command line.
    pub id: &'static str,
    /// What the registry does, in one sentence.
    pub about: &'static str,
    /// The rules of the specification that leave room for it.
    pub rules: &'static [&'static str],
    /// What such a registry cannot do: names of scenarios' needs.
    pub lacks: &'static [&'static str],
    pub(crate) how: How,
}

macro_rules! allowed {
    ($($module:ident),+ $(,)?) => {
        $(mod $module;)+
        /// Every allowed behaviour.
        pub const ALL: &[&Allowed] = &[$(&$module::ALLOWED),+];
    };
}

allowed![
    mount_always_202,
    redirects,
    delete_disabled_400,
    delete_disabled_405,
    blobs_without_length,
    chunks_of_64_kib,
    unknown_repository_is_empty,
    digests_in_sha512,
    errors_in_html,
    errors_in_text,
    errors_without_body,
    throttles,
    absolute_locations,
    other_codes,
    headers_in_other_order,
    no_docker_headers,
    pages_without_link,
    pages_of_two,
    no_single_post,
    slow_answers,
    ten_percent_slower,
    one_more_storage_request,
    sha256_only,
    no_referrers_api,
];

/// The behaviour with this id.
pub fn find(id: &str) -> Option<&'static Allowed> {
    ALL.iter().copied().find(|allowed| allowed.id == id)
}

impl Allowed {
    /// Lets a registry be like this. What is set in the configuration afterwards wins.
    pub fn apply(&'static self, config: &mut RegistryConfig) {
        match self.how {
            How::Config(change) => change(config),
            _ => config.allowed.push(self),
        }
    }
}

impl PartialEq for Allowed {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl fmt::Debug for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_no_defect_has_one() {
        for (number, allowed) in ALL.iter().enumerate() {
            assert!(ALL[..number].iter().all(|other| other.id != allowed.id), "{}", allowed.id);
            assert!(crate::defects::find(allowed.id).is_none(), "{}", allowed.id);
            assert_eq!(find(allowed.id), Some(*allowed));
            for &rule in allowed.rules {
                assert!(shakedown_oci::Rule::find(rule).is_some(), "{}: {rule}", allowed.id);
            }
        }
    }
}
