//! An answer with the right status that breaks a rule of the specification otherwise: header, body, error code, order.

use shakedown_reports::Blame;

use super::Rule;
use super::case::{Case, path};

pub(super) const RULE: Rule = Rule { id: "protocol-violation", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let check = case.check;
    let about_the_end = matches!(
        check.what.as_str(),
        "status" | "outcome" | "answer" | "connection" | "time" | "no-answer" | "only-answers"
    );
    let call = case.call().filter(|call| !call.is_redirected())?;
    if about_the_end || !case.storage_behaved() {
        return None;
    }
    let rules = if check.rules.is_empty() { String::new() } else { format!(" ({})", check.rules.join(", ")) };
    let why = format!(
        "{} of {} {} is {}, but must be {}{rules}",
        check.what,
        call.method,
        path(call),
        check.actual,
        check.expected
    );
    Some(case.registry(why, ""))
}
