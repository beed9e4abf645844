//! The registry broke the connection instead of (the rest of) an answer.

use shakedown_reports::Blame;

use super::Rule;
use super::case::{Case, short_path};

pub(super) const RULE: Rule = Rule { id: "registry-connection-lost", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let call = case.call().filter(|call| !call.is_redirected())?;
    let error = call.error.as_ref()?;
    if !case.storage_behaved() {
        return None;
    }
    let panicked = case.log.iter().any(|line| line.contains("panic"));
    let what = format!("the registry gave no whole answer to {} {} ({error})", call.method, short_path(call));
    if let Some(blame) = case.registry_or_what_it_stands_on(&what, panicked) {
        return Some(blame);
    }
    let how = if panicked { "its log holds a panic" } else { "storage had answered well" };
    Some(case.registry(format!("{what}; {how}"), "answer 5xx with an error body (ER1) when a handler fails"))
}
