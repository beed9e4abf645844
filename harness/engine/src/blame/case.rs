//! A failed scenario as the rules look at it: the call that failed, the storage calls that matter for it, what was wanted.

use std::collections::BTreeSet;

use shakedown_reports::{Blame, Call, Check, Evidence, Party, Verdict};

use super::symptom::{Symptom, struck_by, symptoms};
use crate::forward::FORWARD_PROXY;
use crate::trace::{Address, Key, Target, path_of};

/// What the rules see.
pub(super) struct Case<'a> {
    /// All calls.
    pub(super) calls: &'a [Call],
    /// The first check that failed.
    pub(super) check: &'a Check,
    /// The client call that failed, if one did.
    pub(super) focus: Option<usize>,
    /// Log lines of the system.
    pub(super) log: &'a [String],
    /// Storage calls that matter: those that the focus caused, then earlier ones that speak of the same things, latest first. All
    /// of them if no call failed.
    pub(super) related: Vec<usize>,
    /// What is wrong with related calls.
    pub(super) symptoms: Vec<(usize, Symptom)>,
    /// False if the storage is somebody else's: that it is silent here says nothing then.
    pub(super) sees_storage: bool,
}

impl<'a> Case<'a> {
    /// `None` if nothing failed.
    pub(super) fn new(calls: &'a [Call], checks: &'a [Check], log: &'a [String]) -> Option<Self> {
        let failed: Vec<_> = checks.iter().filter(|check| check.verdict == Verdict::Failed).collect();
        let check = *failed.first()?;
        let focus =
            failed.iter().find_map(|check| check.call.filter(|call| *call < calls.len() && calls[*call].is_client()));
        let focus = focus.filter(|_| check.call.is_some() || !is_about_the_bucket(check));
        let related = related(calls, focus);
        let symptoms = related.iter().flat_map(|&at| symptoms(calls, at).into_iter().map(move |s| (at, s))).collect();
        Some(Self { calls, check, focus, log, related, symptoms, sees_storage: true })
    }

    /// The failed client call.
    pub(super) fn call(&self) -> Option<&'a Call> {
        self.focus.map(|at| &self.calls[at])
    }

    /// Status of the failed client call.
    pub(super) fn status(&self) -> Option<u16> {
        self.call().and_then(|call| call.status)
    }

    /// The first related call with one of these symptoms.
    pub(super) fn first(&self, wanted: &[Symptom]) -> Option<(usize, Symptom)> {
        self.symptoms.iter().copied().find(|(_, symptom)| wanted.contains(symptom))
    }

    /// The client call that caused a storage call.
    pub(super) fn cause_of(&self, storage: usize) -> Option<&'a Call> {
        self.calls[storage].caused_by.map(|at| &self.calls[at])
    }

    /// Whether success was wanted (a step that succeeds, a 2xx or 3xx), not only some other failure.
    pub(super) fn wants_success(&self) -> bool {
        let expected = &self.check.expected;
        match self.check.what.as_str() {
            "outcome" => expected == "succeeds",
            "no-answer" | "answer" | "connection" => true,
            "status" | "only-answers" => statuses(expected).all(|text| text.starts_with(['2', '3'])),
            _ => true,
        }
    }

    /// True if the registry said that all is well.
    pub(super) fn was_acknowledged(&self) -> bool {
        self.status().is_some_and(|status| status < 300)
            || (self.check.what == "outcome" && self.check.actual == "succeeded")
    }

    /// True if a later call of the same kind for the same key, caused by the same client call, went well.
    pub(super) fn recovered(&self, storage: usize) -> bool {
        let call = &self.calls[storage];
        self.calls[storage + 1..].iter().any(|later| {
            later.caused_by == call.caused_by
                && !later.is_behind_gateway()
                && later.operation == call.operation
                && later.key == call.key
                && later.status.is_some_and(|status| status < 300)
                && later.error.is_none()
        })
    }

    /// The party behind a strange storage answer: a gateway if the answer bears its marks.
    pub(super) fn behind(&self, storage: usize) -> Party {
        let call = &self.calls[storage];
        // Both of its sides are in the trace, and they differ.
        match call.to.as_str() {
            "gateway" => return Party::Gateway,
            FORWARD_PROXY => return Party::ForwardProxy,
            _ => {}
        }
        if call.faults.iter().any(|fault| matches!(fault.effect.as_str(), "request-header" | "request-method")) {
            return Party::Gateway;
        }
        let server = header(&call.response_headers, "server").unwrap_or_default().to_ascii_lowercase();
        let body = call.response_body.excerpt.to_ascii_lowercase();
        let marks = ["nginx", "openresty", "haproxy", "envoy", "varnish", "cloudflare", "apache", "squid", "traefik"];
        let is_gateway =
            marks.iter().any(|mark| server.contains(mark) || (body.contains("<html") && body.contains(mark)));
        if is_gateway { Party::Gateway } else { Party::Storage }
    }

    /// A blame on the registry alone.
    pub(super) fn registry(&self, why: impl Into<String>, fix: &str) -> Blame {
        self.blame(Party::Registry, None, why, fix)
    }

    /// A registry that gave up, before a storage that nobody sees here: it may be either of the two, unless the registry's log tells.
    pub(super) fn registry_or_what_it_stands_on(&self, what: &str, panicked: bool) -> Option<Blame> {
        if self.sees_storage || panicked {
            return None;
        }
        let why = format!("{what}; its storage is not seen here, so it may be the registry or what it stands on");
        let fix = "see the registry's log for this request; on the S3 mock (--s3) both sides are seen";
        Some(self.blame(Party::Unknown, None, why, fix))
    }

    /// A blame with the failed call, if there is one, as its first evidence.
    pub(super) fn blame(&self, party: Party, provoked_by: Option<Party>, why: impl Into<String>, fix: &str) -> Blame {
        let fix = if fix.is_empty() { None } else { Some(fix.to_owned()) };
        let evidence = self.focus.iter().map(|&call| Evidence { call, shows: String::new() }).collect();
        Blame { party, provoked_by, rule: String::new(), why: why.into(), fix, ticket: None, evidence }
    }

    /// True if the registry was asked for a success and said itself, with a 5xx, that it could not: nobody was misled.
    pub(super) fn is_honest(&self) -> bool {
        self.wants_success() && self.status().is_some_and(|status| status >= 500)
    }

    /// True if the client asked for a list: that the registry lists for it is no detour.
    pub(super) fn asks_for_a_list(&self) -> bool {
        self.call().map(path).is_some_and(|path| {
            path.ends_with("/tags/list") || path.ends_with("/_catalog") || path.contains("/referrers/")
        })
    }

    /// True if the registry said that it is not to blame the client, and when to come back: what is left to do with ill storage.
    pub(super) fn asks_for_patience(&self) -> bool {
        self.call().is_some_and(|call| {
            matches!(call.status, Some(429 | 503)) && header(&call.response_headers, "retry-after").is_some()
        })
    }

    /// How often the client tried the call that failed.
    pub(super) fn tries_of_client(&self) -> usize {
        let Some(call) = self.call() else { return 0 };
        let same = |other: &&Call| other.is_client() && other.method == call.method && path(other) == path(call);
        self.calls.iter().filter(same).count()
    }

    /// How often the registry tried a storage call (at least once) before it answered.
    pub(super) fn tries(&self, storage: usize) -> usize {
        let call = &self.calls[storage];
        let same = |other: &&Call| {
            other.caused_by == call.caused_by && other.operation == call.operation && other.key == call.key
        };
        self.calls.iter().filter(|other| !other.is_behind_gateway()).filter(same).count()
    }

    /// What the failed call was answered, e.g. `PATCH was answered 500`.
    pub(super) fn answered(&self) -> String {
        match self.call() {
            None => format!("{} is {}", self.check.what, self.check.actual),
            Some(call) => answered(call),
        }
    }

    /// True if the storage side did nothing but answer well, if late or not at the first try.
    pub(super) fn storage_behaved(&self) -> bool {
        let harmless = |at: usize| {
            let call = &self.calls[at];
            call.faults.is_empty() || struck_by(call, Symptom::Slow) || self.recovered(at)
        };
        let passing = |(at, symptom): &(usize, Symptom)| match symptom {
            Symptom::Slow => true,
            Symptom::Throttled | Symptom::Lost => self.recovered(*at),
            _ => false,
        };
        self.symptoms.iter().all(passing) && self.related.iter().all(|&at| harmless(at))
    }
}

/// What a call was answered, e.g. `PATCH was answered 500` or `GetObject got no answer (the connection was reset)`.
pub(super) fn answered(call: &Call) -> String {
    let name = call.operation.as_deref().filter(|_| !call.is_client()).unwrap_or(&call.method);
    match (call.status, &call.error) {
        (Some(status), None) => format!("{name} was answered {status}"),
        (Some(status), Some(error)) => format!("{name} was answered {status}, then {error}"),
        (None, Some(error)) => format!("{name} got no answer ({error})"),
        (None, None) => format!("{name} got no answer"),
    }
}

/// A header's value.
pub(super) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Checks that speak of what stands in the bucket, or of counts: no call failed.
pub(super) fn is_about_the_bucket(check: &Check) -> bool {
    let what = check.what.as_str();
    matches!(what, "no-orphan-uploads" | "every-tag-resolves" | "no-leaked-bytes" | "storage-order")
        || what.starts_with("storage ")
}

/// Checks of what the registry does on its own, and of what stands in the bucket afterwards.
pub(super) fn is_housekeeping(check: &Check) -> bool {
    matches!(check.at.as_str(), "gc" | "purge") || check.what == "audit"
}

/// The statuses and classes in the words of an expectation: `succeeds, or fails with 503 or 4xx`.
fn statuses(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| {
        let bytes = word.as_bytes();
        bytes.len() == 3 && bytes[0].is_ascii_digit() && (word.ends_with("xx") || bytes.iter().all(u8::is_ascii_digit))
    })
}

fn related(calls: &[Call], focus: Option<usize>) -> Vec<usize> {
    // What went in behind a gateway before the registry is no storage call.
    let storage = |at: &usize| {
        let call = &calls[*at];
        !call.is_client() && !matches!(call.to.as_str(), "registry" | "webhook") && !call.is_for_upstream()
    };
    let Some(focus) = focus else { return (0..calls.len()).filter(storage).collect() };
    // A redirected call is judged with the call that sent the client there.
    let focus = if calls[focus].is_redirected() { calls[focus].caused_by.unwrap_or(focus) } else { focus };
    let mut related: Vec<_> =
        (0..calls.len()).filter(storage).filter(|at| calls[*at].caused_by == Some(focus)).collect();
    let address = Address::of_uri(&calls[focus].uri);
    let keys: BTreeSet<&str> =
        related.iter().filter_map(|&at| calls[at].key.as_deref()).filter(|key| !key.is_empty()).collect();
    let mut uploads: BTreeSet<&str> = address.uploads.iter().map(String::as_str).collect();
    let mut digests: BTreeSet<&str> = address.digests.iter().map(String::as_str).collect();
    for key in keys.iter().map(|key| Key::of(key)) {
        uploads.extend(key.upload);
        digests.extend(key.digest);
    }
    // What a manifest PUT finds missing was pushed by other calls, into other keys.
    let whole_repository = matches!(address.target, Target::Manifest(_)) && calls[focus].method == "PUT";
    let speaks_of_the_same = |call: &Call| {
        let Some(text) = call.key.as_deref() else { return false };
        let key = Key::of(text);
        keys.contains(text)
            || key.upload.is_some_and(|upload| uploads.contains(upload))
            || key.digest.is_some_and(|digest| digests.contains(digest))
            || (whole_repository
                && key.repository.is_some_and(|name| address.repositories.iter().any(|known| known == name)))
    };
    // An upload session ends in a digest: what its calls did to the blob matters for the blob's readers.
    let mut causes: BTreeSet<usize> = BTreeSet::new();
    for (at, call) in calls[..focus].iter().enumerate().filter(|(at, _)| storage(at)) {
        if speaks_of_the_same(call) {
            causes.extend(call.caused_by);
            if call.caused_by.is_none() {
                related.push(at);
            }
        }
    }
    related.extend(hidden_from_listings(calls, &related, focus));
    let own = related.len();
    let earlier =
        (0..focus).filter(storage).filter(|at| calls[*at].caused_by.is_some_and(|cause| causes.contains(&cause)));
    related.extend(earlier);
    related[own..].reverse();
    related
}

/// Writes before `focus` that were struck by a fault, under a prefix that one of `own` lists.
fn hidden_from_listings(calls: &[Call], own: &[usize], focus: usize) -> Vec<usize> {
    let prefixes: Vec<&str> = own.iter().filter_map(|&at| listed_prefix(&calls[at])).collect();
    let is_hidden = |at: &usize| {
        let call = &calls[*at];
        let is_below = |key: &str| prefixes.iter().any(|prefix| key.starts_with(prefix));
        !call.faults.is_empty()
            && matches!(call.method.as_str(), "PUT" | "POST")
            && call.key.as_deref().is_some_and(is_below)
    };
    (0..focus).filter(|at| !own.contains(at)).filter(is_hidden).collect()
}

/// What an object listing lists.
pub(super) fn listed_prefix(call: &Call) -> Option<&str> {
    let lists = matches!(call.operation.as_deref(), Some("ListObjects" | "ListObjectsV2"));
    call.key.as_deref().filter(|key| lists && !key.is_empty())
}

/// [`path`] with digests and other ids cut to their begin.
pub(super) fn short_path(call: &Call) -> String {
    let parts = path(call).split('/').map(|part| {
        let id = part.rsplit(':').next().unwrap_or(part);
        let is_id = id.len() >= 32 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
        if is_id { format!("{}{}", &part[..part.len() - id.len()], &id[..12]) } else { part.to_owned() }
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Path without query, for people.
pub(super) fn path(call: &Call) -> &str {
    let path = path_of(&call.uri);
    path.split('?').next().unwrap_or(path)
}
