//! `GET /v2/` failed because storage did: the version check says that the registry is there, and needs no storage (B12).

use shakedown_reports::Blame;

use super::Rule;
use super::case::{Case, path};
use super::symptom::Symptom;

pub(super) const RULE: Rule = Rule { id: "base-needs-storage", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let call = case.call().filter(|call| path(call) == "/v2/")?;
    let status = call.status.filter(|status| *status >= 500)?;
    let at = case.symptoms.iter().find(|(_, symptom)| *symptom != Symptom::Slow).map(|(at, _)| *at)?;
    let why =
        format!("the registry answers /v2/ with {status} because storage is ill: balancers then take all of it away");
    let fix = "let /v2/ depend on nothing; say in a health check of its own that storage is ill";
    let blame = case.registry(why, fix);
    Some(Blame { provoked_by: Some(case.behind(at)), ..blame }.with_evidence(at, "not needed for this answer"))
}
