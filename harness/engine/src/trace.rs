//! Joins what the client saw and what the storage saw into one list of calls, each storage call with the client call that caused it.
//!
//! Registries that pass `traceparent` on are believed. For others a storage call belongs to the client call that was open at its
//! time and that speaks of the same upload, digest, tag or repository; the innermost one if several do. Calls that no open client
//! call can have caused stay without a cause.

mod address;
mod convert;
mod key;
mod said;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use shakedown_reports::Call;
use shakedown_wire::{Exchange, TraceId};

pub(crate) use address::{Address, Target, path_of, query_of, query_value};
pub(crate) use convert::error_code;
pub(crate) use key::{Entry, Key};
pub(crate) use said::attach;

/// All calls of a scenario, client's and storage's, in order.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// The calls. No cause stands behind its effect.
    pub calls: Vec<Call>,
    ids: BTreeMap<TraceId, usize>,
}

impl Trace {
    /// Index of the client call with this id.
    pub fn call(&self, id: TraceId) -> Option<usize> {
        self.ids.get(&id).copied()
    }
}

/// Joins the two sides. Both lists are in order of their starts, with times on one axis.
pub fn join(front: &[Exchange], back: &[Exchange]) -> Trace {
    let addresses: Vec<_> = front.iter().map(Address::of).collect();
    let twins = twins(front, back);
    let by_id = front.iter().enumerate().filter_map(|(at, call)| Some((call.trace?, at))).collect::<BTreeMap<_, _>>();
    // One storage call with a known id shows that the registry passes ids on; those without are its background work then.
    // A gateway passes ids on whatever the registry behind it does.
    let passes_ids = back.iter().any(|call| !is_behind(call) && call.trace.is_some_and(|id| by_id.contains_key(&id)));
    let twin_of: BTreeMap<usize, usize> = twins.iter().map(|(&back, &front)| (front, back)).collect();
    let alone: Vec<usize> = (0..back.len()).filter(|at| !twins.contains_key(at)).collect();
    let causes: Vec<Option<usize>> = alone
        .iter()
        .map(|&at| {
            let call = &back[at];
            if passes_ids || is_behind(call) {
                call.trace.and_then(|id| by_id.get(&id).copied())
            } else {
                cause(call, front, &addresses)
            }
        })
        .collect();

    let mut trace = Trace::default();
    let mut place: Vec<Option<usize>> = vec![None; front.len()];
    for next in merged(front, back, &alone, &causes) {
        let index = trace.calls.len();
        let call = match next {
            Next::Front(at) => {
                place[at] = Some(index);
                if let Some(id) = front[at].trace {
                    trace.ids.insert(id, index);
                }
                let mut call = convert::call(&front[at], twin_of.get(&at).map(|&twin| &back[twin]));
                call.caused_by = redirected_by(at, front).and_then(|cause| place[cause]);
                call
            }
            Next::Back(at) => {
                let mut call = convert::call(&back[alone[at]], None);
                call.caused_by = causes[at].and_then(|cause| place[cause]);
                call
            }
        };
        trace.calls.push(call);
    }
    trace
}

enum Next {
    Front(usize),
    /// Index among the storage calls that stand alone.
    Back(usize),
}

/// Both lists in one, each in its own order; at the same instant a cause comes before its effects, and effects before the next
/// client call. In virtual time many calls share an instant.
fn merged(front: &[Exchange], back: &[Exchange], alone: &[usize], causes: &[Option<usize>]) -> Vec<Next> {
    let mut order = Vec::with_capacity(front.len() + alone.len());
    let (mut f, mut b) = (0, 0);
    while f < front.len() || b < alone.len() {
        let take_back = match (front.get(f), alone.get(b)) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(client), Some(&at)) => {
                let storage = &back[at];
                let cause_is_out = causes[b].is_none_or(|cause| cause < f);
                cause_is_out && storage.start_us <= client.start_us
            }
        };
        if take_back {
            order.push(Next::Back(b));
            b += 1;
        } else {
            order.push(Next::Front(f));
            f += 1;
        }
    }
    order
}

/// Storage calls that are a client's own, seen from the other end (it followed a redirect): back index -> front index.
fn twins(front: &[Exchange], back: &[Exchange]) -> BTreeMap<usize, usize> {
    let mut twins = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for (f, client) in front.iter().enumerate().filter(|(_, call)| is_redirected(call)) {
        let twin = back.iter().enumerate().find(|(b, storage)| {
            let same_id = client.trace.is_none() || storage.trace.is_none() || client.trace == storage.trace;
            let bare = |call: &Exchange| path_of(&call.request.uri).split('?').next().unwrap_or_default().to_owned();
            !taken.contains(b)
                && same_id
                && storage.request.method == client.request.method
                && bare(storage) == bare(client)
                && is_open_at(client, storage.start_us)
        });
        if let Some((b, _)) = twin {
            taken.insert(b);
            twins.insert(b, f);
        }
    }
    twins
}

fn is_redirected(call: &Exchange) -> bool {
    !matches!(call.lane.to.as_ref(), "registry" | "gateway" | "forward-proxy" | "token" | "swift")
}

/// True for the inner side of a gateway before the registry.
fn is_behind(call: &Exchange) -> bool {
    call.lane.to == "registry"
}

/// The call whose answer sent the client here.
fn redirected_by(at: usize, front: &[Exchange]) -> Option<usize> {
    let call = &front[at];
    if !is_redirected(call) {
        return None;
    }
    let bare = |uri: &str| path_of(uri).split('?').next().unwrap_or_default().to_owned();
    front[..at].iter().rposition(|earlier| {
        let location =
            earlier.response.as_ref().filter(|response| (300..400).contains(&response.status)).and_then(|response| {
                response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location")).map(|(_, value)| value)
            });
        location.is_some_and(|location| bare(location) == bare(&call.request.uri))
    })
}

fn is_open_at(call: &Exchange, us: u64) -> bool {
    call.start_us <= us && call.end_us.is_none_or(|end| us <= end)
}

/// The open client call that fits best: by what it speaks of, then the innermost.
fn cause(call: &Exchange, front: &[Exchange], addresses: &[Address]) -> Option<usize> {
    let key = Key::of(call.s3.as_ref().map_or("", |s3| s3.key.as_str()));
    let fitting =
        front.iter().enumerate().filter(|(_, client)| !is_redirected(client) && is_open_at(client, call.start_us));
    fitting
        .filter_map(|(at, client)| Some((fit(&key, &addresses[at])?, client.start_us, at)))
        .max()
        .map(|(_, _, at)| at)
}

/// How well a key fits a client call; `None` if the call cannot be about it.
fn fit(key: &Key<'_>, address: &Address) -> Option<u32> {
    let mut fit = 0;
    if let Some(upload) = key.upload {
        let known = address.uploads.iter().any(|known| known == upload);
        if !known && (!address.uploads.is_empty() || !address.is_upload()) {
            return None;
        }
        fit += if known { 8 } else { 0 };
    }
    if key.digest.is_some_and(|digest| address.digests.iter().any(|known| known == digest)) {
        fit += 4;
    }
    if let Some(repository) = key.repository {
        if !address.repositories.iter().any(|known| known == repository) && !address.is_catalog() {
            return None;
        }
        fit += 1;
    }
    if key.tag.is_some() && key.tag == address.tag() {
        fit += 2;
    }
    Some(fit)
}
