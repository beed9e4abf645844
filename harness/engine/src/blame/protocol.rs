//! An answer that breaks a rule by what it says, whatever its status: a header, an error body, an order. Two rules: what an error
//! answer says is the registry's own doing even when storage provoked the error (B13); what a success says may come from storage.

use shakedown_reports::Blame;

use super::Rule;
use super::case::{Case, is_about_the_bucket, short_path};

pub(super) const OF_ERRORS: Rule = Rule { id: "error-answer-violation", judge: of_errors };
pub(super) const RULE: Rule = Rule { id: "protocol-violation", judge };

fn of_errors(case: &Case<'_>) -> Option<Blame> {
    case.status().filter(|status| *status >= 400)?;
    violation(case)
}

fn judge(case: &Case<'_>) -> Option<Blame> {
    if case.storage_behaved() { violation(case) } else { None }
}

fn violation(case: &Case<'_>) -> Option<Blame> {
    let check = case.check;
    let what = check.what.as_str();
    let about_the_end =
        ["status", "outcome", "answer", "connection", "time", "no-answer", "only-answers"].contains(&what);
    let about_the_run = is_about_the_bucket(check) || what == "acknowledged-is-readable";
    let call = case.call().filter(|call| !call.is_redirected())?;
    if about_the_end || about_the_run {
        return None;
    }
    let rules = check.rules_in_brackets();
    let what = match call.status {
        Some(status) if !what.contains(&status.to_string()) => format!("{what} of the {status}"),
        _ => what.to_owned(),
    };
    let why =
        format!("{} {}: {what} is {}, expected {}{rules}", call.method, short_path(call), check.actual, check.expected);
    let leaks = check.rules.iter().any(|rule| rule == "B13") || check.expected.starts_with("does not contain");
    let fix = if leaks { "answer with a correlation id only, and keep the store's words in the log" } else { "" };
    Some(case.registry(why, fix))
}
