//! What the registry does on its own, or what it left in the bucket: collecting garbage, purging uploads, the result of an audit (G05,
//! G07, D18). No client and no gateway has a part in it.

use shakedown_reports::Blame;

use super::Rule;
use super::case::{Case, is_housekeeping};
use super::symptom::Symptom;

pub(super) const RULE: Rule = Rule { id: "registry-housekeeping", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let check = case.check;
    if !is_housekeeping(check) {
        return None;
    }
    let wrong = case.symptoms.iter().find(|(_, symptom)| *symptom != Symptom::Slow).map(|(at, _)| *at);
    // It was to go through and stopped, as it must when storage does not answer: not the registry's doing.
    if wrong.is_some() && check.actual.starts_with("stopped") {
        return None;
    }
    let what = match check.what.as_str() {
        "audit" => "the bucket is not as the registry should have left it".to_owned(),
        "gc" | "purge" => "the registry's own clean-up did not end as it should".to_owned(),
        what => format!("the registry's own clean-up did something else than it should ({what})"),
    };
    let why = format!("{what}: {}, expected {}", short(&check.actual), check.expected);
    let fix =
        "delete only what is known to be unused: what cannot be read is not unused, and what is young may be in use";
    let blame = case.registry(why, fix);
    Some(match wrong {
        Some(at) => Blame { provoked_by: Some(case.behind(at)), ..blame }.with_evidence(at, "taken for an absence"),
        None => blame,
    })
}

/// Its begin: what an audit or a clean-up tells can be long.
fn short(text: &str) -> String {
    const LONGEST: usize = 160;
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}
