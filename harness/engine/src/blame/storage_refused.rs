//! Storage refused the registry: 401 or 403 (B03, B04).

use shakedown_reports::Blame;

use super::Rule;
use super::case::Case;
use super::symptom::Symptom;
use super::ticket::about;

pub(super) const RULE: Rule = Rule { id: "storage-refused", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let (at, _) = case.first(&[Symptom::Refused])?;
    let call = &case.calls[at];
    let (operation, status) = (call.operation.as_deref().unwrap_or("a call"), call.status.unwrap_or_default());
    let fix = format!(
        "grant {operation} on this key to the registry; without s3:ListBucket S3 answers 403 also for keys that are absent"
    );
    let hidden = case.was_acknowledged() || case.status().is_some_and(|status| (400..500).contains(&status));
    if hidden || !case.wants_success() {
        let why =
            format!("storage refused {operation} with {status}, and the registry made of it: {}", case.answered());
        let fix = "answer 5xx when storage refuses: never 404 for what could not be read, never 401 or 403 as if the client lacked rights";
        return Some(case.registry(why, fix).with_evidence(at, "refused"));
    }
    let why = format!("storage refuses the registry's {operation} with {status}");
    let ticket = about(call, "a success: the registry's key needs this right");
    Some(Blame { ticket: Some(ticket), ..case.blame(case.behind(at), None, why, &fix) }.with_evidence(at, "refused"))
}
