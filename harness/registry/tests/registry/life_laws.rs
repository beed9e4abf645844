//! Laws of the life of data under random interleavings of pushes, deletes, collections that may die, and purges, in virtual time:
//! what was acknowledged and not deleted is readable; in the end nothing else is left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Method, StatusCode};
use proptest::prelude::*;
use shakedown_oci::Digest;
use shakedown_registry::life::{GcPolicy, LifeError, PurgePolicy, Untagged};
use shakedown_registry::{DefectSet, Registry, defects};
use shakedown_wire::{Party, Request, WireError};
use tokio::time::sleep;

use crate::life::{DAY, gc};
use crate::support::{BUCKET, Lab, Reply, call, manifest};

const REPOSITORIES: [&str; 2] = ["lab/app", "other"];
const IMAGES: u8 = 4;

/// What a client does with an image in a repository.
#[derive(Debug, Clone, Copy)]
enum Deed {
    /// Blobs that are missing, then the manifest.
    Push,
    /// Mounts from the other repository what it can, then as `Push`.
    Mount,
    /// The manifest alone: it was all there yesterday.
    Manifest,
    Delete,
    /// Begins an upload and leaves it.
    Abandon,
    Wait(u32),
}

#[derive(Debug, Clone, Copy)]
enum Chore {
    Gc { remove: bool, dies_at: Option<u64> },
    Purge,
    Wait(u32),
}

fn deeds() -> impl Strategy<Value = Vec<(Deed, u8, bool)>> {
    let minutes = prop_oneof![3 => 0_u32..2, 1 => 600_u32..2000];
    let deed = prop_oneof![
        3 => Just(Deed::Push), 2 => Just(Deed::Mount), 2 => Just(Deed::Manifest), 3 => Just(Deed::Delete),
        1 => Just(Deed::Abandon), 3 => minutes.prop_map(Deed::Wait),
    ];
    proptest::collection::vec((deed, 0..IMAGES, any::<bool>()), 4..20)
}

fn chores() -> impl Strategy<Value = Vec<Chore>> {
    let minutes = prop_oneof![1 => 0_u32..3, 1 => 600_u32..1600];
    let dies_at = prop_oneof![3 => Just(None), 1 => (0_u64..60).prop_map(Some)];
    let chore = prop_oneof![
        4 => (any::<bool>(), dies_at).prop_map(|(remove, dies_at)| Chore::Gc { remove, dies_at }),
        1 => Just(Chore::Purge),
        3 => minutes.prop_map(Chore::Wait),
    ];
    proptest::collection::vec(chore, 2..9)
}

/// A path to the storage on which calls take up to 300 ms, and from call `dies_at` on nothing gets through.
fn path(inner: Party, seed: u64, dies_at: Option<u64>) -> Party {
    let calls = Arc::new(AtomicU64::new(0));
    Party::from_fn(move |request: Request| {
        let (inner, number) = (inner.clone(), calls.fetch_add(1, Ordering::Relaxed));
        let pause = (seed ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        async move {
            if dies_at.is_some_and(|dies_at| number >= dies_at) {
                return Err(WireError::Closed);
            }
            sleep(Duration::from_millis(pause % 300)).await;
            inner.send(request).await
        }
    })
}

/// Config and layers; neighbours share a layer.
fn blobs(image: u8) -> [Vec<u8>; 2] {
    [format!("{{\"image\":{image}}}").into_bytes(), format!("layer {}", image / 2).into_bytes()]
}

fn bytes_of(image: u8) -> Vec<u8> {
    let [config, layer] = blobs(image);
    manifest(&Digest::of(&config), &Digest::of(&layer), layer.len())
}

/// Tags that must be there, as (repository, image).
type Model = Arc<Mutex<BTreeSet<(usize, u8)>>>;

async fn ask(party: &Party, method: Method, path: &str, body: Vec<u8>) -> Reply {
    let headers = [("content-type", shakedown_oci::media_type::OCI_MANIFEST)];
    call(party, method, path, &headers, body).await.unwrap()
}

async fn client(replicas: [Registry; 2], deeds: Vec<(Deed, u8, bool)>, model: Model) {
    for (at, (deed, image, second)) in deeds.into_iter().enumerate() {
        let registry = replicas[at % 2].party();
        let repository = usize::from(second);
        let name = REPOSITORIES[repository];
        let manifest = bytes_of(image);
        match deed {
            Deed::Wait(minutes) => sleep(Duration::from_secs(u64::from(minutes) * 60)).await,
            Deed::Abandon => drop(ask(&registry, Method::POST, &format!("/v2/{name}/blobs/uploads/"), vec![]).await),
            Deed::Delete => {
                let path = format!("/v2/{name}/manifests/{}", Digest::of(&manifest));
                let reply = ask(&registry, Method::DELETE, &path, vec![]).await;
                if reply.status == StatusCode::ACCEPTED {
                    model.lock().unwrap().remove(&(repository, image));
                }
            }
            Deed::Push | Deed::Mount | Deed::Manifest => {
                for blob in blobs(image).iter().filter(|_| !matches!(deed, Deed::Manifest)) {
                    let digest = Digest::of(blob);
                    let mut there = false;
                    if matches!(deed, Deed::Mount) {
                        let from = REPOSITORIES[1 - repository];
                        let path = format!("/v2/{name}/blobs/uploads/?mount={digest}&from={from}");
                        there = ask(&registry, Method::POST, &path, vec![]).await.status == StatusCode::CREATED;
                    }
                    let head = format!("/v2/{name}/blobs/{digest}");
                    if !there && ask(&registry, Method::HEAD, &head, vec![]).await.status != StatusCode::OK {
                        ask(
                            &registry,
                            Method::POST,
                            &format!("/v2/{name}/blobs/uploads/?digest={digest}"),
                            blob.clone(),
                        )
                        .await;
                    }
                }
                let path = format!("/v2/{name}/manifests/v{image}");
                let reply = ask(&registry, Method::PUT, &path, manifest).await;
                match reply.status {
                    StatusCode::CREATED => drop(model.lock().unwrap().insert((repository, image))),
                    StatusCode::BAD_REQUEST | StatusCode::SERVICE_UNAVAILABLE => {}
                    _ => panic!("{reply:?}"),
                }
            }
        }
        readable(&registry, &model, &format!("after deed {at}: {deed:?} of v{image} in {name}")).await;
    }
}

async fn cleaner(lab: &Lab, seed: u64, chores: Vec<Chore>) {
    for (at, chore) in chores.into_iter().enumerate() {
        let seed = seed ^ (at as u64) << 20;
        match chore {
            Chore::Wait(minutes) => sleep(Duration::from_secs(u64::from(minutes) * 60)).await,
            Chore::Gc { remove, dies_at } => {
                let registry = lab.replica_through(path(lab.s3.party(), seed, dies_at));
                let untagged = if remove { Untagged::Remove } else { Untagged::Keep };
                let outcome = gc(&registry, untagged).await;
                assert!(
                    dies_at.is_some()
                        || matches!(outcome, Ok(_) | Err(LifeError::Busy { .. } | LifeError::NoRepositories)),
                    "{outcome:?}"
                );
            }
            Chore::Purge => {
                let registry = lab.replica_through(path(lab.s3.party(), seed, None));
                registry.purge_uploads(&PurgePolicy { older_than: DAY, dry_run: false }, &|_| {}).await.unwrap();
            }
        }
    }
}

async fn readable(registry: &Party, model: &Model, when: &str) {
    let all: Vec<_> = model.lock().unwrap().iter().copied().collect();
    for (repository, image) in all {
        let name = REPOSITORIES[repository];
        let reply = ask(registry, Method::GET, &format!("/v2/{name}/manifests/v{image}"), vec![]).await;
        assert_eq!((reply.status, &reply.body[..]), (StatusCode::OK, &bytes_of(image)[..]), "{name}:v{image}, {when}");
        for blob in blobs(image) {
            let reply = ask(registry, Method::GET, &format!("/v2/{name}/blobs/{}", Digest::of(&blob)), vec![]).await;
            assert_eq!(reply.status, StatusCode::OK, "a blob of {name}:v{image}, {when}");
        }
    }
}

async fn law(seed: u64, defects: DefectSet, deeds: Vec<(Deed, u8, bool)>, chores: Vec<Chore>) {
    let lab = Lab::with(|config| config.defects = defects);
    let replica = |number: u64| lab.replica_through(path(lab.s3.party(), seed ^ number << 40, None));
    let model = Model::default();
    tokio::join!(client([replica(1), replica(2)], deeds, model.clone()), cleaner(&lab, seed, chores));
    readable(&lab.registry.party(), &model, "in the end").await;
    sleep(2 * DAY).await;
    lab.registry.purge_uploads(&PurgePolicy { older_than: DAY, dry_run: false }, &|_| {}).await.unwrap();
    let policy = GcPolicy { untagged: Untagged::Remove, allow_empty: true, ..GcPolicy::default() };
    lab.registry.collect_garbage(&policy, &|_| {}).await.unwrap();
    let again = lab.registry.collect_garbage(&policy, &|_| {}).await.unwrap();
    assert_eq!((again.blobs_removed, again.manifests_removed, again.links_removed), (0, 0, 0), "{again:?}");
    readable(&lab.registry.party(), &model, "after the last collection").await;
    let needed: BTreeMap<Digest, ()> = model
        .lock()
        .unwrap()
        .iter()
        .flat_map(|(_, image)| {
            let [config, layer] = blobs(*image);
            [config, layer, bytes_of(*image)].map(|bytes| (Digest::of(&bytes), ()))
        })
        .collect();
    let left = lab.s3.admin().list(BUCKET, "docker/registry/v2/blobs/");
    assert_eq!(left.len(), needed.len(), "leaked: {left:#?}");
    let objects = lab.s3.admin().list(BUCKET, "");
    assert!(
        !objects.iter().any(|object| object.key.contains("/_uploads/") || object.key.contains("/gc/")),
        "{objects:#?}"
    );
    assert!(lab.s3.admin().uploads(BUCKET).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_was_acknowledged_stays_and_nothing_else_does(seed in any::<u64>(), deeds in deeds(), chores in chores()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(law(seed, DefectSet::none(), deeds, chores));
    }
}

#[test]
fn the_law_is_broken_by_a_collection_without_grace() {
    let deeds: Vec<_> = (0..16_u8).map(|at| (Deed::Push, at % IMAGES, at % 3 == 0)).collect();
    let chores = vec![Chore::Gc { remove: true, dies_at: None }; 24];
    let is_broken = |seed: u64| {
        let (deeds, chores) = (deeds.clone(), chores.clone());
        let run = std::panic::catch_unwind(|| {
            let defects = DefectSet::one(defects::find("gc-without-grace").unwrap());
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
            runtime.block_on(law(seed, defects, deeds, chores));
        });
        run.is_err()
    };
    assert!((0..40).any(is_broken));
}
