//! Pauses before a client makes a call again.

use std::collections::BTreeMap;
use std::time::Duration;

use shakedown_scenario::expect::{Called, Waits};
use shakedown_wire::Exchange;

use super::{called, header, path_alone};
use crate::expect::Checks;

/// Checks the pause after each of the meant calls.
pub(super) fn check(waits: Waits, calls: &[Exchange], meant: &[usize], checks: &mut Checks) {
    let mut last: BTreeMap<Key, Duration> = BTreeMap::new();
    let mut compared = false;
    for &at in meant {
        let call = &calls[at];
        let what = format!("pause after {} {}", call.request.method, path_alone(call));
        checks.trace = call.trace;
        let asked = match waits {
            Waits::AtLeast(least) => Some(least.0),
            Waits::Longer => None,
            Waits::RetryAfter => match asked(call) {
                Some(asked) => Some(asked),
                None => {
                    checks.note(false, &what, "an answer with Retry-After in seconds", "it has none");
                    continue;
                }
            },
        };
        let Some(pause) = pause(calls, at) else { continue };
        let shown = |pause: Duration| format!("{} ms", pause.as_millis());
        match asked {
            Some(least) => {
                checks.note(pause >= least, &what, format!("at least {}", shown(least)), shown(pause));
            }
            None => {
                if let Some(before) = last.insert(key(call), pause) {
                    compared = true;
                    checks.note(pause > before, &what, format!("longer than {}", shown(before)), shown(pause));
                }
            }
        }
    }
    if waits == Waits::Longer && !compared {
        checks.note(false, "back-off", "two pauses to compare", "fewer");
    }
}

/// What the answer asked for, if in seconds (RFC 9110 section 10.2.3).
fn asked(call: &Exchange) -> Option<Duration> {
    let seconds = header(&call.response.as_ref()?.headers, "retry-after")?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

/// The time from the end of a call to the begin of the next of its kind; nothing if there is none.
fn pause(calls: &[Exchange], at: usize) -> Option<Duration> {
    let key = key(&calls[at]);
    let end = calls[at].end_us?;
    let next = calls[at + 1..].iter().find(|call| self::key(call) == key)?;
    Some(Duration::from_micros(next.start_us.saturating_sub(end)))
}

type Key<'a> = (u8, &'a str, &'a str);

/// What makes two calls the same one: a part of an upload is the same in a new upload.
fn key(call: &Exchange) -> Key<'_> {
    let path = path_alone(call);
    let path = path.find("/blobs/uploads/").map_or(path, |at| &path[..at + "/blobs/uploads/".len()]);
    let party = match called(call) {
        Called::Registry => 0,
        Called::Token => 1,
        Called::Storage => 2,
    };
    (party, call.request.method.as_str(), path)
}
