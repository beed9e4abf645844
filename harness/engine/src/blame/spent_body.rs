//! A request was refused and repeated, and the second time its body was not sent again: its length was announced, and fewer bytes came
//! (J01), or it came without its length and without a byte. Whoever repeated it is to blame, whatever the answer was.

use shakedown_reports::{Blame, Call, Party};

use super::Rule;
use super::case::{Case, answered, header, path};

pub(super) const RULE: Rule = Rule { id: "body-not-sent-again", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    // A body that is missing may be noticed later, by whoever reads it.
    let same = |at: &usize| case.focus.is_some_and(|focus| path(&case.calls[focus]) == path(&case.calls[*at]));
    let earlier = (0..case.focus.unwrap_or(0)).rev().filter(same);
    let candidates = case.focus.into_iter().chain(earlier).chain(case.related.iter().copied());
    let (first, again) = candidates.filter_map(|again| Some((before(case.calls, again)?, again))).next()?;
    let (refused, repeated) = (&case.calls[first], &case.calls[again]);
    let (sent, now) = (refused.request_body.bytes, repeated.request_body.bytes);
    let name = repeated.operation.as_deref().unwrap_or(&repeated.method);
    let status = refused.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let why = format!(
        "{name} was refused ({status}) with its {sent} bytes read; it was sent again with {now} of them: {}",
        answered(repeated)
    );
    let fix = "begin the body anew (rewind, or open it again) before a request is repeated; a body that cannot be had again must not be sent twice";
    let party = if repeated.is_client() { Party::Client } else { Party::Registry };
    let blame = case.blame(party, None, why, fix);
    Some(blame.with_evidence(first, "refused").with_evidence(again, "without its body"))
}

/// The refused call that this one repeats with less of a body than it had.
fn before(calls: &[Call], again: usize) -> Option<usize> {
    let call = &calls[again];
    // What a fault did to the second request is not its sender's doing; a 2xx for less than everything is the worse half of it.
    let body = &call.request_body;
    let announced = header(&call.request_headers, "content-length").and_then(|length| length.parse::<u64>().ok());
    let short = match announced {
        Some(announced) => body.bytes < announced,
        None => body.bytes == 0,
    };
    // Who answers early has not read what was sent: then the record is not complete.
    if !short || !body.complete || !call.faults.is_empty() || !matches!(call.method.as_str(), "PUT" | "POST" | "PATCH")
    {
        return None;
    }
    calls[..again].iter().rposition(|earlier| {
        earlier.from == call.from
            && earlier.method == call.method
            && path(earlier) == path(call)
            && earlier.request_body.bytes > body.bytes
            && earlier.status.is_none_or(|status| status >= 400)
    })
}
