//! Where a client goes on with an upload or a download that it did not finish.

use std::collections::BTreeMap;

use shakedown_wire::Exchange;

use super::{header, path_alone};
use crate::expect::Checks;

/// Checks every meant call that goes on with something; there must be one.
pub(super) fn check(calls: &[Exchange], meant: &[usize], checks: &mut Checks) {
    let mut places = Places::default();
    let mut judged = false;
    for (at, call) in calls.iter().enumerate() {
        let found = places.judge(call);
        if let Some(found) = found.filter(|_| meant.contains(&at)) {
            judged = true;
            checks.trace = call.trace;
            let what = format!("first byte of {} {}", call.request.method, path_alone(call));
            checks.note(found.holds, &what, found.expected, found.actual);
        }
        places.learn(call);
    }
    if !judged {
        checks.note(false, "first byte", "a call that goes on where another ended", "none");
    }
}

struct Found {
    holds: bool,
    expected: String,
    actual: String,
}

/// How far uploads and downloads have come, by path.
#[derive(Default)]
struct Places<'a> {
    /// Bytes that the registry said it has.
    uploads: BTreeMap<&'a str, u64>,
    /// Bytes that arrived of a download that broke off.
    downloads: BTreeMap<&'a str, u64>,
}

impl<'a> Places<'a> {
    /// What a call says of the place where it begins, if it goes on with anything.
    fn judge(&self, call: &'a Exchange) -> Option<Found> {
        let path = path_alone(call);
        if call.request.method == "GET" {
            let have = *self.downloads.get(path)?;
            let begin = first(header(&call.request.headers, "range"));
            // A reset may take bytes back that were on their way; those before it have arrived.
            let holds = begin.is_some_and(|begin| begin > 0 && begin <= have);
            let actual = begin.map_or("it begins anew".to_owned(), |begin| begin.to_string());
            return Some(Found { holds, expected: format!("{have}"), actual });
        }
        let begin = first(header(&call.request.headers, "content-range"))?;
        let stands = self.uploads.get(path).copied().unwrap_or(0);
        // `0-0` is both nothing and one byte (D07).
        let holds = begin == stands || (stands == 1 && begin == 0);
        Some(Found { holds, expected: stands.to_string(), actual: begin.to_string() })
    }

    /// What its answer says.
    fn learn(&mut self, call: &'a Exchange) {
        let path = path_alone(call);
        let Some(answer) = &call.response else { return };
        if path.contains("/blobs/uploads/") {
            if let Some(last) =
                header(&answer.headers, "range").and_then(|range| range.rsplit('-').next()?.parse().ok())
            {
                self.uploads.insert(path, u64::saturating_add(last, 1));
            }
            return;
        }
        let begin = match answer.status {
            200 => 0,
            206 => first(header(&answer.headers, "content-range")).unwrap_or(0),
            _ => return,
        };
        if call.request.method == "GET" && (!answer.body.complete || call.error.is_some()) && answer.body.bytes > 0 {
            self.downloads.insert(path, begin.saturating_add(answer.body.bytes));
        } else {
            self.downloads.remove(path);
        }
    }
}

/// The first byte of `bytes=5-9`, `bytes 5-9/20` or `5-9`.
fn first(range: Option<&str>) -> Option<u64> {
    let range = range?.trim_start_matches("bytes").trim_start_matches(['=', ' ']);
    range.split('-').next()?.trim().parse().ok()
}
