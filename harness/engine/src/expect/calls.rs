//! Checks of counts of storage calls.

use shakedown_faults::KeyClass;
use shakedown_faults::glob::Glob;
use shakedown_scenario::expect::StorageRequests;
use shakedown_wire::Exchange;

use super::Checks;
use super::answer::describe_set;

/// True if `call` is one of those that `wanted` speaks of.
pub(crate) fn is_meant(wanted: &StorageRequests, call: &Exchange) -> bool {
    let Some(s3) = &call.s3 else { return false };
    let operation = wanted.operation.is_empty() || wanted.operation.iter().any(|o| *o == s3.operation);
    let class = wanted.key_class.is_empty() || wanted.key_class.iter().any(|class| *class == KeyClass::of(&s3.key));
    let key = wanted.key.as_ref().is_none_or(|glob| Glob::new(glob.as_str()).fits_path(&s3.key));
    let answered = wanted.answered.is_empty()
        || call.response.as_ref().is_some_and(|response| wanted.answered.matches(response.status));
    operation && class && key && answered
}

/// True if a client sent it with a URL that the registry had signed.
pub(crate) fn is_presigned(call: &Exchange) -> bool {
    call.request.uri.contains("X-Amz-Signature=")
}

/// Counts the calls that are meant and checks the limits.
pub(crate) fn check_calls(wanted: &StorageRequests, calls: &[Exchange], checks: &mut Checks) {
    let count = calls.iter().filter(|call| is_meant(wanted, call)).count() as u64;
    let what = format!("storage calls: {}", describe_calls(wanted));
    if let Some(exactly) = wanted.exactly {
        checks.note(count == exactly, &what, format!("exactly {exactly}"), count.to_string());
    }
    if let Some(least) = wanted.at_least {
        checks.note(count >= least, &what, format!("at least {least}"), count.to_string());
    }
    if let Some(most) = wanted.at_most {
        checks.note(count <= most, &what, format!("at most {most}"), count.to_string());
    }
}

/// In words, e.g. `ListMultipartUploads of upload-data answered 200`.
pub(crate) fn describe_calls(wanted: &StorageRequests) -> String {
    let mut words = Vec::new();
    words.push(if wanted.operation.is_empty() {
        "any operation".to_owned()
    } else {
        wanted.operation.iter().cloned().collect::<Vec<_>>().join(" or ")
    });
    if !wanted.key_class.is_empty() {
        let classes: Vec<_> = wanted.key_class.iter().map(|class| class.name()).collect();
        words.push(format!("of {}", classes.join(" or ")));
    }
    if let Some(key) = &wanted.key {
        words.push(format!("with key {key}"));
    }
    if !wanted.answered.is_empty() {
        words.push(format!("answered {}", describe_set(&wanted.answered)));
    }
    words.join(" ")
}
