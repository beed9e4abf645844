//! Checks of what a client did: counts and headers of its calls, pauses before it makes one again, and where it goes on.

mod again;
mod resume;

use shakedown_faults::glob::Glob;
use shakedown_scenario::expect::{Called, ClientCalls};
use shakedown_wire::Exchange;

use super::answer::describe_set;
use super::{Checks, describe, holds};
use crate::trace::path_of;

/// Where such checks look.
pub(crate) const AT: &str = "client calls";

/// Everything that `wanted` says of `calls`, which are all calls of clients in order of their start.
///
/// # Errors
/// A pattern that cannot be used: the file's mistake.
pub(crate) fn check(wanted: &ClientCalls, calls: &[Exchange], checks: &mut Checks) -> Result<(), String> {
    let meant: Vec<usize> = (0..calls.len()).filter(|&at| is_meant(wanted, &calls[at])).collect();
    checks.trace = meant.last().and_then(|&at| calls[at].trace);
    count(wanted, meant.len() as u64, checks);
    headers(wanted, meant.iter().map(|&at| &calls[at]), checks)?;
    if let Some(waits) = wanted.waits {
        again::check(waits, calls, &meant, checks);
    }
    if wanted.resumes {
        resume::check(calls, &meant, checks);
    }
    Ok(())
}

fn is_meant(wanted: &ClientCalls, call: &Exchange) -> bool {
    let to = called(call);
    let status = call.response.as_ref().map(|response| response.status);
    (wanted.to.is_empty() || wanted.to.iter().any(|one| *one == to))
        && (wanted.method.is_empty() || wanted.method.iter().any(|method| *method == call.request.method))
        && wanted.path.as_ref().is_none_or(|path| Glob::new(path.as_str()).fits_path(path_alone(call)))
        && (wanted.answered.is_empty() || status.is_some_and(|status| wanted.answered.matches(status)))
}

/// Whom a call went to.
fn called(call: &Exchange) -> Called {
    match call.lane.to.as_str() {
        "registry" | "gateway" | "forward-proxy" => Called::Registry,
        "token" => Called::Token,
        _ => Called::Storage,
    }
}

/// The path without its query.
fn path_alone(call: &Exchange) -> &str {
    path_of(&call.request.uri).split('?').next().unwrap_or_default()
}

/// The value of a header line.
fn header<'a>(head: &'a [(String, String)], name: &str) -> Option<&'a str> {
    head.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn count(wanted: &ClientCalls, count: u64, checks: &mut Checks) {
    let what = format!("{}: {}", checks.at, described(wanted));
    if let Some(exactly) = wanted.exactly {
        checks.note(count == exactly, &what, format!("exactly {exactly}"), count.to_string());
    }
    // What holds of no call at all has not been shown.
    let least = wanted.at_least.or_else(|| (wanted.exactly.is_none() && wanted.at_most.is_none()).then_some(1));
    if let Some(least) = least {
        checks.note(count >= least, &what, format!("at least {least}"), count.to_string());
    }
    if let Some(most) = wanted.at_most {
        checks.note(count <= most, &what, format!("at most {most}"), count.to_string());
    }
}

/// In words, e.g. `PATCH of /v2/**/uploads/* answered 503`.
fn described(wanted: &ClientCalls) -> String {
    let mut words = match wanted.method.iter().cloned().collect::<Vec<_>>() {
        methods if methods.is_empty() => "any method".to_owned(),
        methods => methods.join(" or "),
    };
    if let Some(path) = &wanted.path {
        words.push_str(&format!(" of {path}"));
    }
    if !wanted.to.is_empty() {
        let parties = wanted.to.iter().map(|to| match to {
            Called::Registry => "the registry",
            Called::Token => "the token server",
            Called::Storage => "the storage",
        });
        words.push_str(&format!(" to {}", parties.collect::<Vec<_>>().join(" or ")));
    }
    if !wanted.answered.is_empty() {
        words.push_str(&format!(" answered {}", describe_set(&wanted.answered)));
    }
    words
}

fn headers<'a>(
    wanted: &ClientCalls,
    calls: impl Iterator<Item = &'a Exchange>,
    checks: &mut Checks,
) -> Result<(), String> {
    let plain = |text: &str| Ok::<_, String>(text.to_owned());
    for call in calls {
        for (name, matcher) in &wanted.headers {
            let value = header(&call.request.headers, name);
            checks.trace = call.trace;
            let what = format!("header {name} of {} {}", call.request.method, path_alone(call));
            let held = holds(matcher, value, plain)?;
            checks.note(held, &what, describe(matcher, plain), value.unwrap_or("absent"));
        }
    }
    Ok(())
}
