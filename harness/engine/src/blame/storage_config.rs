//! Key, token, clock, region or bucket are wrong: somebody's configuration (B10, B11).

use shakedown_reports::Blame;

use super::Rule;
use super::case::Case;
use super::symptom::Symptom;
use super::ticket::about;
use crate::trace::error_code;

pub(super) const RULE: Rule = Rule { id: "storage-configuration", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let (at, _) = case.first(&[Symptom::BadCredentials])?;
    let call = &case.calls[at];
    let code = error_code(&call.response_body.excerpt).unwrap_or("a redirect");
    let fix = match code {
        "RequestTimeTooSkewed" => "set the clocks: registry and store may differ by 15 minutes at most",
        "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired" => "fetch new credentials once and try again",
        "InvalidAccessKeyId" | "SignatureDoesNotMatch" => {
            "correct the registry's access key and secret, or the host that the gateway passes on"
        }
        _ => "correct bucket, region and endpoint of the registry",
    };
    // Tokens run out every hour; who fetches the next one and tries again does not notice.
    let runs_out = matches!(code, "ExpiredToken" | "TokenRefreshRequired");
    if runs_out && case.tries(at) == 1 {
        let why =
            format!("storage answered {code}, and the registry did not fetch new credentials: {}", case.answered());
        return Some(case.registry(why, fix).with_evidence(at, "tokens run out"));
    }
    if case.wants_success() && !case.was_acknowledged() && case.status() != Some(404) && !case.recovered(at) {
        let why = format!("storage does not accept the registry's requests: {code}");
        let blame = case.blame(case.behind(at), None, why, fix);
        return Some(Blame { ticket: Some(about(call, "a success for this key")), ..blame }.with_evidence(at, code));
    }
    let why = format!(
        "storage answered {code}, which says nothing about the object; the registry made of it: {}",
        case.answered()
    );
    let fix = format!("{fix}; until then answer 5xx, never 4xx: the client did nothing wrong");
    Some(case.registry(why, &fix).with_evidence(at, code))
}
