//! One row per situation: calls, what failed, who must be blamed. The situations are those of the incident catalogue.

mod calls;
mod gateways;
mod parties;
mod situations;

use shakedown_reports::{Check, Party, Verdict};

use self::calls::{Calls, failed};
use super::{RULES, decide};

/// What must come out: rule, party, who provoked it.
type Expected = (&'static str, Party, Option<Party>);

fn blamed(calls: &Calls, check: Check) -> (String, Party, Option<Party>) {
    let blame = decide(&calls.0, &[check], &[], true).expect("a check failed");
    for evidence in &blame.evidence {
        assert!(evidence.call < calls.0.len(), "{blame:?}");
    }
    assert!(!blame.why.is_empty() && !blame.why.contains("  "), "{blame:?}");
    (blame.rule, blame.party, blame.provoked_by)
}

fn table(rows: Vec<(&str, Calls, Check, Expected)>) {
    for (situation, calls, check, (rule, party, provoked_by)) in rows {
        let found = blamed(&calls, check);
        assert_eq!(found, (rule.to_owned(), party, provoked_by), "{situation}");
    }
}

fn head(status: u16) -> Calls {
    Calls::default().front("HEAD", calls::BLOB, status)
}

fn patch(status: u16) -> Calls {
    Calls::default().front("PATCH", calls::UPLOAD, status)
}

fn commit(status: u16) -> Calls {
    Calls::default().front("PUT", calls::COMMIT, status)
}

#[test]
fn without_a_failed_check_nobody_is_blamed() {
    let calls = Calls::default().front("GET", "/v2/", 500);
    let passed = Check { verdict: Verdict::Passed, ..failed("status", "200", "500", Some(0)) };
    assert_eq!(decide(&calls.0, &[passed], &[], true), None);
}

#[test]
fn every_rule_has_its_own_id_and_the_last_one_always_decides() {
    let ids: std::collections::BTreeSet<_> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), RULES.len());
    let found = blamed(&Calls::default(), failed("header Location", "present", "absent", None));
    assert_eq!(found, ("unknown".to_owned(), Party::Unknown, None));
}

#[test]
fn the_late_listing_of_the_design_reads_as_it_should() {
    let data = calls::upload_key("data");
    let calls = Calls::default()
        .front("POST", "/v2/lab/app/blobs/uploads/", 202)
        .back(0, "CreateMultipartUpload", &data, 200)
        .fault("visible-after", "shows it in upload listings only after 2.2 s")
        .front("PATCH", calls::UPLOAD, 500)
        .back(2, "ListMultipartUploads", &data, 200)
        .note("0 uploads");
    let blame = decide(&calls.0, &[failed("status", "202", "500", Some(2))], &[], true).unwrap();
    insta::assert_json_snapshot!(blame);
}

#[test]
fn a_ticket_says_what_the_other_team_needs_and_nothing_of_ours() {
    let calls = Calls::default()
        .front("HEAD", calls::BLOB, 500)
        .back(0, "GetObject", &calls::link_key(), 404)
        .html("openresty/1.15.8.2");
    let blame = decide(&calls.0, &[failed("status", "404", "500", Some(0))], &[], true).unwrap();
    insta::assert_snapshot!(blame.ticket.unwrap());
}
