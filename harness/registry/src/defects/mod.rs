//! Seeded defects: known ways in which real registries are wrong, so that scenarios can be shown to catch them. All are off by default.
//!
//! One more defect is one file here and one line in the list below. Most are a function on a request or an answer (`How`); those that
//! are wrong deeper down have a hook where the right thing is done. What the wrong registry does lives in the defect's file wherever that
//! keeps the right path readable.

use std::collections::BTreeSet;
use std::fmt;

use shakedown_wire::Party;

use crate::RegistryConfig;
use crate::variant::{self, How};

/// One way to be wrong.
pub struct Defect {
    /// Its name on the command line.
    pub id: &'static str,
    /// The incidents it stands for.
    pub stands_for: &'static [&'static str],
    /// The rules of the specification it breaks, and the habits it lacks; a check of each must see it.
    pub breaks: &'static [&'static str],
    /// What the registry does wrong, in one sentence.
    pub about: &'static str,
    pub(crate) how: How,
}

impl Defect {
    /// A defect in a hook, with neither incident nor rule.
    const fn new(id: &'static str, about: &'static str) -> Self {
        Self { id, stands_for: &[], breaks: &[], about, how: How::Hook }
    }

    /// True if it is wrong in a hook of its own, not in a layer around the registry.
    pub fn is_hook(&self) -> bool {
        matches!(self.how, How::Hook)
    }
}

impl PartialEq for Defect {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl fmt::Debug for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
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
    session_overwritten,
    waits_for_ever,
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
    repeated_commit_undoes,
    strict_xml_404,
    denied_is_absent,
    denied_is_passed_on,
    unreachable_is_absent,
    no_retry,
    retries_forever,
    list_200_html_is_empty,
    create_200_html_panics,
    html_link_is_absent,
    broken_list_is_whole,
    storage_error_is_blob_unknown,
    repeats_with_spent_body,
    no_credential_refresh,
    health_follows_storage,
    leaks_storage_errors,
    redirect_always,
    errors_cacheable,
    content_range_ignored,
    range_with_unit,
    range_not_cumulative,
    digest_not_checked,
    sha512_blobs_lost,
    wrong_digest_kills_session,
    location_from_host,
    headers_before_first_byte,
    pads_cut_bodies,
    error_inside_body,
    expiry_takes_shared_data,
    upstream_errors_are_404,
    upstream_believed,
    upstream_fetched_per_client,
    upstream_needed_for_cached,
    stub_is_empty_blob,
    slashes_redirected,
    gc_without_grace,
    trusts_descriptor_cache,
    waits_for_cache,
    gc_eats_list_children,
    gc_unreadable_is_unreferenced,
    gc_stops_on_bad_link,
    purge_by_start,
    notifies_in_request,
    manifests_not_by_digest,
    manifests_not_verified,
    refused_before_the_body,
    no_push,
    no_chunks,
    any_reference,
    long_tags,
    capital_tags_refused,
    tag_sha256_fails,
    two_component_names,
    any_name,
    manifest_type_with_charset,
    manifest_type_guessed,
    manifest_reformatted,
    manifest_without_digest,
    unknown_manifest_is_empty,
    unknown_repository_is_invalid,
    accept_required,
    untyped_manifest_fails,
    large_blobs_damaged,
    blob_without_digest,
    blob_digest_of_another,
    unknown_blob_is_empty,
    range_ignored,
    range_end_exclusive,
    range_fails,
    no_head,
    head_without_digest,
    head_without_length,
    head_of_blobs_is_empty,
    head_of_manifests_is_html,
    head_says_yes,
    subject_must_exist,
    missing_blobs_unnamed,
    missing_blobs_accepted,
    bad_digest_fails,
    bad_digest_is_unknown,
    upload_without_location,
    upload_begun_200,
    one_upload_per_repository,
    blob_created_200,
    blob_without_location,
    blob_location_leads_nowhere,
    put_with_content_fails,
    uploads_over_64_kib_refused,
    single_post_refused,
    single_post_201_for_nothing,
    small_chunks_refused,
    odd_content_range_ignored,
    final_content_range_ignored,
    out_of_order_400,
    chunk_answered_204,
    chunk_without_range,
    chunk_without_location,
    closing_without_digest,
    upload_status_200,
    upload_status_without_range,
    no_upload_status,
    no_cancel,
    cancel_does_nothing,
    unknown_upload_fails,
    mount_does_nothing,
    impossible_mount_404,
    type_parameters_refused,
    no_push_by_digest,
    docker_types_refused,
    manifest_created_200,
    manifest_without_location,
    manifest_created_as_another,
    five_tag_parameters,
    tag_parameters_unconfirmed,
    tag_parameters_forgotten,
    manifests_without_limit,
    manifest_limit_400,
    manifests_of_one_megabyte,
    subject_unconfirmed,
    no_tags,
    tags_reversed,
    tags_twice,
    tags_without_name,
    n_ignored,
    page_one_short,
    link_without_brackets,
    n_zero_is_all,
    n_zero_goes_on,
    pages_unsorted,
    last_ignored,
    last_comes_again,
    no_referrers_is_404,
    referrers_of_any_digest,
    referrers_as_bare_list,
    referrers_as_json,
    referrers_untyped,
    referrers_config_type_ignored,
    referrers_index_typed,
    referrers_without_annotations,
    no_referrers_is_null,
    filter_ignored,
    filter_untold,
    last_referrer_forgotten,
    parallel_manifests_lost,
    referrers_cut,
    filters_echoed,
    upgrade_forgets_referrers,
    namespace_untold,
    uploads_for_ever,
    tag_deleted_200,
    manifest_deleted_204,
    blob_deleted_200,
    delete_does_nothing,
    delete_disabled_403,
    unknown_manifest_deleted,
    unknown_blob_deleted,
    ghost_tags,
    error_of_own_shape,
    error_code_in_small_letters,
    error_message_is_a_number,
    error_code_of_own,
    throttled_without_retry_after,
    errors_as_pages,
    not_found_without_body,
    docker_headers_missing,
    upload_begun_with_unit,
    warning_with_date,
    warnings_without_end,
    one_at_a_time,
    hangs_for_20_seconds,
    reads_lag_behind_writes,
    expired_token_ends_upload,
    expired_token_unexplained,
    no_clock_leeway,
    token_times_ignored,
    any_token_will_do,
    repository_of_token_ignored,
    insufficient_scope_403,
    challenge_without_scope,
    mount_from_anywhere,
    mount_without_right_401,
    unauthorized_without_challenge,
    any_password_will_do,
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

    /// What the defects change in the registry's configuration.
    pub(crate) fn configure(&self, config: &mut RegistryConfig) {
        for defect in self.ids().filter_map(find) {
            if let How::Config(change) = defect.how {
                change(config);
            }
        }
    }

    /// The registry's party with the layers of these defects around it.
    pub(crate) fn around(&self, party: Party) -> Party {
        self.ids().filter_map(find).fold(party, |party, defect| variant::around(party, defect.how))
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
            assert!(!(defect.stands_for.is_empty() && defect.breaks.is_empty()), "{}", defect.id);
            for &id in defect.stands_for {
                assert!(
                    shakedown_oci::Incident::find(id).is_some_and(|incident| incident.id == id),
                    "{}: {id}",
                    defect.id
                );
            }
            for &id in defect.breaks {
                let known = shakedown_oci::Rule::find(id).is_some() || shakedown_oci::Habit::find(id).is_some();
                assert!(known, "{}: {id}", defect.id);
            }
            assert!(DefectSet::one(defect).has(defect));
            assert!(!DefectSet::none().has(defect));
        }
        assert_eq!(find("no-such-defect"), None);
    }
}
