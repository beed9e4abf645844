//! The registry answered 5xx although storage had answered well.

use shakedown_reports::Blame;

use super::Rule;
use super::case::{Case, short_path};

pub(super) const RULE: Rule = Rule { id: "registry-5xx", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let status = case.status().filter(|status| *status >= 500)?;
    let call = case.call().filter(|call| !call.is_redirected())?;
    if !case.storage_behaved() {
        return None;
    }
    let own = case.related.iter().filter(|&&at| case.calls[at].caused_by == case.focus).count();
    let storage = match own {
        0 => "without asking storage".to_owned(),
        1 => "although storage answered well".to_owned(),
        _ => format!("although storage answered all {own} calls well"),
    };
    let panicked = case.log.iter().any(|line| line.contains("panic"));
    let what = format!("the registry answered {} {} {status}", call.method, short_path(call));
    if let Some(blame) = case.registry_or_what_it_stands_on(&what, panicked) {
        return Some(blame);
    }
    let why = format!("{what} {storage}");
    let fix = if panicked { "its log holds a panic: see there" } else { "see the registry's log for this request" };
    Some(case.registry(why, fix))
}
