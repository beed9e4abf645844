//! One client, one request after the other: every answer is exactly the model's, whichever replica gives it.

use std::collections::{BTreeMap, BTreeSet};

use crate::content::{BLOBS, MANIFESTS, REPOSITORIES, TAGS, blob_digest, image, repository, tag};
use crate::ops::{Op, Seen, act, op};
use crate::search::{in_virtual_time, search};
use crate::support::Lab;

/// What a registry holds.
#[derive(Default)]
struct Model {
    repositories: [Repository; REPOSITORIES],
}

#[derive(Default)]
struct Repository {
    blobs: BTreeSet<usize>,
    manifests: BTreeSet<usize>,
    tags: BTreeMap<usize, usize>,
}

impl Repository {
    fn is_empty(&self) -> bool {
        self.blobs.is_empty() && self.manifests.is_empty()
    }
}

impl Model {
    /// Does `op` and gives the only right answer.
    fn act(&mut self, op: Op) -> Seen {
        let there = |is: bool, seen: Seen| if is { seen } else { Seen::Absent };
        match op {
            Op::PushBlob { to, blob, .. } => {
                self.repositories[to].blobs.insert(blob);
                Seen::Done
            }
            Op::Mount { from, to, blob } => {
                if !self.repositories[from].blobs.contains(&blob) {
                    return Seen::UploadInstead;
                }
                self.repositories[to].blobs.insert(blob);
                Seen::Done
            }
            Op::Cancel { .. } => Seen::Done,
            Op::PutManifest { to, image: index, tag } => {
                let (repository, image) = (&mut self.repositories[to], image(index));
                let has_blobs = image.blobs.iter().all(|blob| repository.blobs.contains(blob));
                if !has_blobs || !image.children.iter().all(|child| repository.manifests.contains(child)) {
                    return Seen::Incomplete;
                }
                repository.manifests.insert(index);
                tag.map(|tag| repository.tags.insert(tag, index));
                Seen::Done
            }
            Op::DeleteBlob { of, blob } => there(self.repositories[of].blobs.remove(&blob), Seen::Done),
            Op::DeleteManifest { of, image } => {
                self.repositories[of].tags.retain(|_, at| *at != image);
                there(self.repositories[of].manifests.remove(&image), Seen::Done)
            }
            Op::DeleteTag { of, tag } => there(self.repositories[of].tags.remove(&tag).is_some(), Seen::Done),
            Op::GetBlob { of, blob } => there(self.repositories[of].blobs.contains(&blob), Seen::Blob),
            Op::GetManifest { of, image } => {
                there(self.repositories[of].manifests.contains(&image), Seen::Manifest(image))
            }
            Op::GetTag { of, tag } => {
                self.repositories[of].tags.get(&tag).map_or(Seen::Absent, |at| Seen::Manifest(*at))
            }
            Op::ListTags { of } => {
                let names = self.repositories[of].tags.keys().map(|at| tag(*at).to_owned()).collect();
                there(!self.repositories[of].is_empty(), Seen::Names(sorted(names)))
            }
            Op::Catalog => {
                let known = (0..REPOSITORIES).filter(|at| !self.repositories[*at].is_empty());
                Seen::Names(sorted(known.map(|at| repository(at).to_owned()).collect()))
            }
            Op::Referrers { of, image: subject } => {
                let referring =
                    self.repositories[of].manifests.iter().filter(|at| image(**at).subject == Some(subject));
                Seen::Names(sorted(referring.map(|at| image(*at).digest.to_string()).collect()))
            }
        }
    }
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

#[test]
fn every_answer_is_the_models() {
    let ops = proptest::collection::vec(op(), 1..60);
    search("every_answer_is_the_models", &ops, |ops, _| {
        in_virtual_time(async {
            let lab = Lab::small_parts();
            let replicas = [lab.registry.party(), lab.replica().party()];
            let mut model = Model::default();
            for (number, op) in ops.iter().chain(&everything()).enumerate() {
                let (expected, seen) = (model.act(*op), act(&replicas[number % 2], *op).await);
                if seen != expected {
                    return Err(format!("operation {number}, {op:?}: expected {expected:?}, was {seen:?}"));
                }
            }
            Ok(())
        })
    });
}

/// A look at everything there may be.
pub fn everything() -> Vec<Op> {
    let each = |of: usize| {
        let blobs = (0..BLOBS).map(move |blob| Op::GetBlob { of, blob });
        let manifests = (0..MANIFESTS).map(move |image| Op::GetManifest { of, image });
        let tags = (0..TAGS).map(move |tag| Op::GetTag { of, tag });
        blobs.chain(manifests).chain(tags).chain([Op::ListTags { of }, Op::Referrers { of, image: 0 }])
    };
    (0..REPOSITORIES).flat_map(each).chain([Op::Catalog]).collect()
}

#[test]
fn the_universe_is_what_the_model_takes_it_for() {
    assert_eq!(blob_digest(1).to_string(), shakedown_oci::Digest::of(b"").to_string(), "one blob is empty");
    assert!(
        (0..MANIFESTS).any(|at| image(at).subject.is_some()) && (0..MANIFESTS).any(|at| !image(at).children.is_empty())
    );
}
