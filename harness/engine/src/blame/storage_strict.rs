//! Storage refused a request by a rule of its own (A12, A18, A19, A20): S3's rules, or documented ones of a vendor.

use shakedown_reports::Blame;

use super::Rule;
use super::case::Case;
use super::symptom::Symptom;
use crate::trace::error_code;

pub(super) const RULE: Rule = Rule { id: "storage-rule-broken", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let (at, _) = case.first(&[Symptom::Strict])?;
    let call = &case.calls[at];
    let (operation, status) = (call.operation.as_deref().unwrap_or("a call"), call.status.unwrap_or_default());
    let code = error_code(&call.response_body.excerpt).unwrap_or("no code");
    let fix = match code {
        "MalformedXML" => "complete an empty blob with one empty part, or store it with PutObject",
        "EntityTooSmall" => "make parts of at least 5 MiB, except for the last",
        "InvalidPart" | "InvalidPartOrder" => {
            "make all parts but the last of one size, and name each by its ETag in order"
        }
        "EntityTooLarge" | "InvalidArgument" => "let the part size grow with the blob: at most 10000 parts of 5 GiB",
        _ => "keep this store's rule",
    };
    let why = format!("the registry's {operation} breaks a rule of the store ({status} {code}): {}", case.answered());
    Some(case.registry(why, fix).with_evidence(at, code))
}
