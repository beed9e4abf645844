//! The registry answered another status than due, although storage had answered well.

use shakedown_reports::Blame;

use super::Rule;
use super::case::{Case, short_path};

pub(super) const RULE: Rule = Rule { id: "registry-wrong-answer", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let call = case.call().filter(|call| !call.is_redirected())?;
    let about_the_end = matches!(case.check.what.as_str(), "status" | "outcome" | "no-answer" | "only-answers");
    if !about_the_end || !case.storage_behaved() {
        return None;
    }
    let status = call.status?;
    let rules = case.check.rules_in_brackets();
    let expected = match case.check.expected.as_str() {
        "succeeds" => "it to succeed".to_owned(),
        expected => expected.to_owned(),
    };
    let storage = if case.sees_storage { "storage had answered well" } else { "its storage is not seen here" };
    let why = format!(
        "the registry answered {} {} {status}, expected {expected}{rules}; {storage}",
        call.method,
        short_path(call)
    );
    Some(case.registry(why, ""))
}
