//! Who is to blame for a failed scenario, and why: an ordered list of rules, one file each and one line in the list. The first rule
//! that finds its evidence decides.
//!
//! The principle: a party is accused only of what the evidence shows. What storage answered within S3's rules is the registry's to
//! handle: then the registry is to blame alone. What storage answered outside of them (HTML for XML, success that was none, a
//! listing without what was written) is the provocation: the registry is to blame if the specification still asked something of it
//! that it could have done, and storage if no registry could have done better.

mod acknowledged_failed_write;
mod acknowledged_missing;
mod base_needs_storage;
mod case;
mod cleanup_failed;
mod client_conduct;
mod client_error;
mod client_request;
mod connection_lost;
mod fault_not_survived;
mod front_fault;
mod garbage;
mod gateway_changed;
mod housekeeping;
mod kept_error;
mod late;
mod location_astray;
mod lost_storage_connection;
mod misjudged_condition;
mod not_applied;
mod notifications;
mod protocol;
mod redirect_refused;
mod registry_5xx;
mod request_budget;
mod slow_storage;
mod spent_body;
mod storage_config;
mod storage_html_error;
mod storage_html_success;
mod storage_refused;
mod storage_strict;
mod storage_throttled;
mod storage_unreachable;
mod swift_refused;
mod swift_segments;
mod symptom;
mod target_unreachable;
#[cfg(test)]
mod tests;
mod ticket;
mod token_service;
mod unknown;
mod upstream;
mod wrong_answer;
mod wrong_page;

use shakedown_reports::{Blame, Call, Check};

use case::Case;

/// One rule.
struct Rule {
    /// Its id, as reports name it.
    id: &'static str,
    /// The blame, if the evidence is there. `rule` is filled in by the list.
    judge: fn(&Case<'_>) -> Option<Blame>,
}

/// In order: what makes all other evidence worthless, what the storage side shows, what the client side alone shows.
const RULES: &[Rule] = &[
    target_unreachable::RULE,
    client_conduct::RULE,
    notifications::RULE,
    spent_body::RULE,
    swift_refused::RULE,
    swift_segments::RULE,
    storage_unreachable::RULE,
    token_service::RULE,
    upstream::RULE,
    location_astray::RULE,
    kept_error::RULE,
    gateway_changed::RULE,
    front_fault::RULE,
    redirect_refused::RULE,
    client_error::RULE,
    client_request::RULE,
    request_budget::RULE,
    protocol::OF_ERRORS,
    garbage::RULE,
    base_needs_storage::RULE,
    housekeeping::RULE,
    cleanup_failed::RULE,
    slow_storage::RULE,
    storage_html_success::RULE,
    not_applied::RULE,
    misjudged_condition::RULE,
    acknowledged_failed_write::RULE,
    late::RULE,
    wrong_page::RULE,
    storage_html_error::RULE,
    storage_config::RULE,
    storage_refused::RULE,
    lost_storage_connection::RULE,
    storage_throttled::RULE,
    storage_strict::RULE,
    acknowledged_missing::RULE,
    registry_5xx::RULE,
    connection_lost::RULE,
    protocol::RULE,
    wrong_answer::RULE,
    fault_not_survived::RULE,
    unknown::RULE,
];

/// Judges a failed scenario from its calls and checks (`Check::call` filled in); `sees_storage` says whether calls to storage could be among
/// them. `None` if no check failed.
pub fn decide(calls: &[Call], checks: &[Check], log: &[String], sees_storage: bool) -> Option<Blame> {
    let case = Case { sees_storage, ..Case::new(calls, checks, log)? };
    RULES.iter().find_map(|rule| {
        let blame = (rule.judge)(&case)?;
        Some(Blame { rule: rule.id.to_owned(), ..blame })
    })
}
