//! Several clients at two replicas, storage that takes its time, and one that stumbles: each tag, manifest, blob and referrer is
//! linearizable by itself. From that follow the two laws: what was acknowledged is readable, and what is listed can be pulled.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use shakedown_registry::Registry;
use shakedown_wire::{Body, Party, Request, WireError};

use crate::content::{MANIFESTS, TAGS, image, tag};
use crate::linear::{Access, Event, is_linearizable};
use crate::ops::{Op, Seen, act, beginning, op};
use crate::search::{in_virtual_time, search};
use crate::sequential::everything;
use crate::support::Lab;

/// Something that can be there or not, in one repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Blob(usize, usize),
    Manifest(usize, usize),
    Tag(usize, usize),
    Referrer(usize, usize),
}

/// Accesses of all clients, in one order of time.
#[derive(Default)]
struct History {
    time: AtomicU64,
    events: Mutex<BTreeMap<Key, Vec<Event>>>,
}

impl History {
    fn now(&self) -> u128 {
        u128::from(self.time.fetch_add(1, Ordering::Relaxed))
    }

    /// Does `op` and keeps what it tells about each key.
    async fn act(&self, who: &str, party: &Party, op: Op) -> Result<Seen, String> {
        let called = self.now();
        let seen = act(party, op).await;
        let returned = self.now();
        if let Seen::Wrong(answer) = &seen {
            return Err(format!("{who}: {op:?} was answered {answer}"));
        }
        let who = format!("{who} {op:?} -> {seen:?}");
        let mut events = self.events.lock().unwrap();
        for (key, access) in accesses(op, &seen) {
            let returned = (seen != Seen::Unknown).then_some(returned);
            events.entry(key).or_default().push(Event { access, called, returned, who: who.clone() });
        }
        Ok(seen)
    }

    fn check(&self) -> Result<(), String> {
        for (key, events) in self.events.lock().unwrap().iter() {
            if !is_linearizable(events) {
                let line = |e: &Event| {
                    format!(
                        "  {:>4} to {:>4}  {:?} of {}",
                        e.called,
                        e.returned.map_or("?".to_owned(), |t| t.to_string()),
                        e.access,
                        e.who
                    )
                };
                let lines: Vec<_> = events.iter().map(line).collect();
                return Err(format!("{key:?} has no order in which every answer is right:\n{}", lines.join("\n")));
            }
        }
        Ok(())
    }
}

/// What an operation with this answer did to which keys. What nobody knows to have happened is listed as if it had.
fn accesses(op: Op, seen: &Seen) -> Vec<(Key, Access)> {
    let there = *seen != Seen::Absent;
    let read = |value: usize| Access::Read(there.then_some(value));
    let is_read = matches!(
        op,
        Op::GetBlob { .. } | Op::GetManifest { .. } | Op::GetTag { .. } | Op::ListTags { .. } | Op::Referrers { .. }
    );
    if is_read && *seen == Seen::Unknown {
        return Vec::new();
    }
    match (op, seen) {
        (_, Seen::Incomplete | Seen::UploadInstead) | (Op::Cancel { .. } | Op::Catalog, _) => Vec::new(),
        (Op::PushBlob { to, blob, .. } | Op::Mount { to, blob, .. }, _) => {
            vec![(Key::Blob(to, blob), Access::Write(blob))]
        }
        (Op::PutManifest { to, image: index, tag }, _) => {
            let mut all = vec![(Key::Manifest(to, index), Access::Write(index))];
            all.extend(tag.map(|tag| (Key::Tag(to, tag), Access::Write(index))));
            all.extend(image(index).subject.map(|_| (Key::Referrer(to, index), Access::Write(index))));
            all
        }
        (Op::DeleteBlob { of, blob }, Seen::Absent) => vec![(Key::Blob(of, blob), Access::Read(None))],
        (Op::DeleteBlob { of, blob }, _) => vec![(Key::Blob(of, blob), Access::Delete)],
        (Op::DeleteTag { of, tag }, Seen::Absent) => vec![(Key::Tag(of, tag), Access::Read(None))],
        (Op::DeleteTag { of, tag }, _) => vec![(Key::Tag(of, tag), Access::Delete)],
        (Op::DeleteManifest { of, image }, Seen::Absent) => vec![(Key::Manifest(of, image), Access::Read(None))],
        (Op::DeleteManifest { of, image: index }, _) => {
            let mut all = vec![(Key::Manifest(of, index), Access::Delete)];
            all.extend((0..TAGS).map(|tag| (Key::Tag(of, tag), Access::DeleteIf(index))));
            all.extend(image(index).subject.map(|_| (Key::Referrer(of, index), Access::Delete)));
            all
        }
        (Op::GetBlob { of, blob }, _) => vec![(Key::Blob(of, blob), read(blob))],
        (Op::GetManifest { of, image }, _) => vec![(Key::Manifest(of, image), read(image))],
        (Op::GetTag { of, tag }, Seen::Manifest(at)) => vec![(Key::Tag(of, tag), Access::Read(Some(*at)))],
        (Op::GetTag { of, tag }, _) => vec![(Key::Tag(of, tag), Access::Read(None))],
        (Op::ListTags { of }, seen) => {
            let listed = |name: usize| matches!(seen, Seen::Names(names) if names.iter().any(|one| one == tag(name)));
            (0..TAGS).map(|name| (Key::Tag(of, name), Access::IsThere(listed(name)))).collect()
        }
        (Op::Referrers { of, image: subject }, seen) => {
            let listed = |digest: &str| matches!(seen, Seen::Names(names) if names.iter().any(|one| one == digest));
            let referring = (0..MANIFESTS).filter(|at| image(*at).subject == Some(subject));
            referring
                .map(|at| (Key::Referrer(of, at), Access::IsThere(listed(&image(at).digest.to_string()))))
                .collect()
        }
    }
}

/// A storage that takes up to 40 ms for each request and, with `trouble`, refuses some, loses some answers, and is down for moments.
pub fn slow(inner: Party, seed: u64, trouble: bool) -> Party {
    let rng = Arc::new(Mutex::new((ChaCha8Rng::seed_from_u64(seed), 0_u32)));
    Party::from_fn(move |request: Request| {
        let inner = inner.clone();
        let (before, after, fate) = {
            let (rng, down) = &mut *rng.lock().unwrap();
            if trouble && rng.random_ratio(1, 150) {
                *down = rng.random_range(1..25);
            }
            let is_down = *down > 0;
            *down = down.saturating_sub(1);
            let fate = if is_down {
                0
            } else if trouble {
                rng.random_range(0..20)
            } else {
                9
            };
            (rng.random_range(0..20_u64), rng.random_range(0..20_u64), fate)
        };
        async move {
            tokio::time::sleep(Duration::from_millis(before)).await;
            match fate {
                0 => return Err(WireError::Closed),
                1 => return Ok(http::Response::builder().status(503).body(Body::empty()).unwrap()),
                _ => {}
            }
            let answer = inner.send(request).await;
            tokio::time::sleep(Duration::from_millis(after)).await;
            if fate == 2 { Err(WireError::Reset) } else { answer }
        }
    })
}

/// Plays `clients` at `replicas` and checks every key's history, a last look at everything by a fresh replica included.
async fn play(lab: &Lab, replicas: &[Registry], clients: &[Vec<Op>]) -> Result<(), String> {
    let history = History::default();
    for op in beginning() {
        history.act("at first", &lab.registry.party(), op).await?;
    }
    let client = async |number: usize, ops: &[Op]| {
        for (at, op) in ops.iter().enumerate() {
            let replica = replicas[(number + at) % replicas.len()].party();
            history.act(&format!("client {number}"), &replica, *op).await?;
        }
        Ok::<_, String>(())
    };
    let ended = join_all(clients.iter().enumerate().map(|(number, ops)| client(number, ops))).await;
    ended.into_iter().collect::<Result<(), String>>()?;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let fresh = lab.replica().party();
    for op in everything() {
        if history.act("at last", &fresh, op).await? == Seen::Unknown {
            return Err(format!("{op:?} fails although all is quiet"));
        }
    }
    history.check()
}

fn clients() -> impl Strategy<Value = Vec<Vec<Op>>> {
    proptest::collection::vec(proptest::collection::vec(op(), 1..12), 2..5)
}

/// The same with everything about one tag and three manifests, so that nearly every operation meets another.
fn rivals() -> impl Strategy<Value = Vec<Vec<Op>>> {
    let image = prop_oneof![Just(0_usize), Just(1), Just(4)];
    let rival = prop_oneof![
        6 => (image.clone(), proptest::option::weighted(0.8, Just(0)))
            .prop_map(|(image, tag)| Op::PutManifest { to: 0, image, tag }),
        3 => Just(Op::DeleteTag { of: 0, tag: 0 }),
        3 => image.clone().prop_map(|image| Op::DeleteManifest { of: 0, image }),
        3 => Just(Op::GetTag { of: 0, tag: 0 }),
        1 => image.prop_map(|image| Op::GetManifest { of: 0, image }),
        2 => Just(Op::ListTags { of: 0 }),
        1 => Just(Op::Referrers { of: 0, image: 0 }),
    ];
    proptest::collection::vec(proptest::collection::vec(rival, 1..8), 2..5)
}

fn law(clients: &[Vec<Op>], seed: u64, replicas: usize, trouble: bool) -> Result<(), String> {
    in_virtual_time(async {
        let lab = Lab::small_parts();
        let storage = slow(lab.s3.party(), seed, trouble);
        let replicas: Vec<_> = (0..replicas).map(|_| lab.replica_through(storage.clone())).collect();
        play(&lab, &replicas, clients).await
    })
}

#[test]
fn one_replica_is_linearizable() {
    search("one_replica_is_linearizable", &clients(), |clients, seed| law(clients, seed, 1, false));
}

#[test]
fn two_replicas_are_linearizable() {
    search("two_replicas_are_linearizable", &clients(), |clients, seed| law(clients, seed, 2, false));
}

#[test]
fn rivals_at_one_replica_agree() {
    search("rivals_at_one_replica_agree", &rivals(), |clients, seed| law(clients, seed, 1, false));
}

#[test]
fn rivals_at_two_replicas_agree() {
    search("rivals_at_two_replicas_agree", &rivals(), |clients, seed| law(clients, seed, 2, false));
}

#[test]
fn rivals_on_storage_that_stumbles_agree() {
    search("rivals_on_storage_that_stumbles_agree", &rivals(), |clients, seed| law(clients, seed, 2, true));
}

#[test]
fn storage_that_stumbles_changes_nothing_of_that() {
    search("storage_that_stumbles_changes_nothing_of_that", &clients(), |clients, seed| law(clients, seed, 2, true));
}
