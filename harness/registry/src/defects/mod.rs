//! Seeded defects: known ways in which real registries are wrong, so that scenarios can be shown to catch them. All are off by default.
//!
//! One more defect is one file here, one line in the list below, and the hook it needs where the right thing is done. What the wrong
//! registry does lives in the defect's file wherever that keeps the right path readable.

use std::collections::BTreeSet;
use std::fmt;

/// One way to be wrong.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Defect {
    /// Its name on the command line.
    pub id: &'static str,
    /// The incidents it stands for.
    pub stands_for: &'static [&'static str],
    /// What the registry does wrong, in one sentence.
    pub about: &'static str,
}

macro_rules! defects {
    ($($module:ident),+ $(,)?) => {
        $(pub(crate) mod $module;)+
        /// Every defect, in the order of the incidents.
        pub const ALL: &[&Defect] = &[$(&$module::DEFECT),+];
    };
}

defects![
    find_upload_by_listing,
    endless_upload_listing,
    uploads_listed_by_directory,
    first_upload_of_key,
    session_not_retried,
    patch_acks_before_stored,
    list_based_stat,
    complete_200_is_success,
    lost_complete_reply,
    empty_complete,
    trust_200_copy,
    links_not_verified,
    fail_on_cleanup_error,
    one_page_of_parts,
    parts_without_limit,
    unequal_parts,
    goes_on_without_client,
    repeated_commit_unknown,
    strict_xml_404,
    denied_is_absent,
    denied_is_passed_on,
    no_retry,
    retries_forever,
    list_200_html_is_empty,
    create_200_html_panics,
    html_link_is_absent,
    broken_list_is_whole,
    storage_error_is_blob_unknown,
    no_credential_refresh,
    health_follows_storage,
    leaks_storage_errors,
    redirect_always,
    content_range_ignored,
    range_with_unit,
    range_not_cumulative,
    digest_not_checked,
    wrong_digest_kills_session,
    headers_before_first_byte,
];

/// The defect with this id.
pub fn find(id: &str) -> Option<&'static Defect> {
    ALL.iter().copied().find(|defect| defect.id == id)
}

/// Which defects a registry has.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct DefectSet(BTreeSet<&'static str>);

impl DefectSet {
    /// A registry without defects.
    pub fn none() -> Self {
        Self::default()
    }

    /// A registry with one defect.
    pub fn one(defect: &'static Defect) -> Self {
        Self(BTreeSet::from([defect.id]))
    }

    /// Adds a defect.
    #[must_use]
    pub fn with(mut self, defect: &'static Defect) -> Self {
        self.0.insert(defect.id);
        self
    }

    /// Whether the registry is wrong in this way.
    pub fn has(&self, defect: &Defect) -> bool {
        !self.0.is_empty() && self.0.contains(defect.id)
    }

    /// Whether the registry is as it should be.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.iter().copied()
    }
}

impl fmt::Debug for DefectSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(&self.0).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_kebab_case_and_found() {
        let ids: BTreeSet<_> = ALL.iter().map(|defect| defect.id).collect();
        assert_eq!(ids.len(), ALL.len());
        for defect in ALL {
            assert!(
                defect.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
                "{}",
                defect.id
            );
            assert_eq!(find(defect.id), Some(*defect));
            assert!(!defect.stands_for.is_empty(), "{}", defect.id);
            assert!(DefectSet::one(defect).has(defect));
            assert!(!DefectSet::none().has(defect));
        }
        assert_eq!(find("no-such-defect"), None);
    }
}
