//! Storage that has grown: what a registry's bucket holds after years of pushes, made in seconds. The keys are those of distribution's v2
//! layout, which the reference registry shares. Not here: how it gets into the storage (`Hosted::fill` of `shakedown-engine`).

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_oci::{Descriptor, Digest, Flavor, ManifestBuilder};

use crate::compression::LAYER;

/// Most tags and blobs together: each is two objects, and the S3 mock holds five million.
const MOST: u64 = 2_000_000;
/// Manifests that the tags point to, in turn.
const MANIFESTS: u32 = 16;
/// The config of all of them.
const CONFIG: &str = "{}";
const ROOT: &str = "docker/registry/v2";

/// How much is in the storage before the load begins: in the first repository of the load, which the load itself works in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Grown {
    /// Tags, of a few manifests.
    #[serde(default)]
    pub tags: u32,
    /// Blobs of a few bytes, each with its link into the repository.
    #[serde(default)]
    pub blobs: u32,
}

impl Grown {
    pub(crate) fn problem(&self) -> Option<String> {
        match u64::from(self.tags) + u64::from(self.blobs) {
            0 => Some("`grown` needs `tags` or `blobs`".to_owned()),
            1..=MOST => None,
            _ => Some(format!("`grown` may have at most {MOST} tags and blobs together")),
        }
    }

    /// All objects, in the order of their keys.
    pub(crate) fn objects(self, repository: &str) -> impl Iterator<Item = (String, Bytes)> + Send + use<> {
        let manifests = self.manifests();
        let numbers = self.blobs.max(manifests.len() as u32);
        let blobs = blobs(numbers, &manifests);
        let linked: Vec<Hex> = blobs.iter().filter(|(_, what)| *what <= numbers).map(|(hex, _)| *hex).collect();
        let repository = format!("{ROOT}/repositories/{repository}");
        let (layers, revisions) = (format!("{repository}/_layers"), format!("{repository}/_manifests/revisions"));
        let of_tags: Vec<Hex> = manifests.iter().map(|bytes| Hex::of(bytes)).collect();
        let mut of_revisions = of_tags.clone();
        of_revisions.sort_unstable();
        let data = blobs.into_iter().map(move |(hex, what)| {
            let text = hex.text();
            (format!("{ROOT}/blobs/sha256/{}/{text}/data", &text[..2]), content(what, numbers, &manifests))
        });
        let layers = linked.into_iter().map(move |hex| link(&layers, hex));
        let revisions = of_revisions.into_iter().map(move |hex| link(&revisions, hex));
        let tags = (0..self.tags).flat_map(move |number| {
            let hex = of_tags[number as usize % of_tags.len()];
            let folder = format!("{repository}/_manifests/tags/{}", tag(number));
            [(format!("{folder}/current/link"), hex.link()), link(&format!("{folder}/index"), hex)]
        });
        data.chain(layers).chain(revisions).chain(tags)
    }

    /// The manifests that the tags point to, each with a layer of its own.
    fn manifests(self) -> Vec<Bytes> {
        let manifest = |number: u32| {
            let config = Descriptor::of(Flavor::Oci.config(), CONFIG.as_bytes());
            let layer = Descriptor::of(LAYER, number.to_string().as_bytes());
            ManifestBuilder::new(Flavor::Oci, config).layer(layer).render().into()
        };
        (0..self.tags.min(MANIFESTS)).map(manifest).collect()
    }
}

/// The tag with this number: with a dot, as versions have one, and all of one length, so that a page of them has the same bytes everywhere.
pub(crate) fn tag(number: u32) -> String {
    format!("1.{number:07}")
}

/// Digest and size of the blob with this number; they begin again after the last.
pub(crate) fn blob(number: u64, blobs: u32) -> (Digest, u64) {
    let content = (number % u64::from(blobs.max(1))).to_string();
    (Digest::of(content.as_bytes()), content.len() as u64)
}

/// Digests in their order, each with what has it: a number up to `numbers`, the config, or a manifest.
fn blobs(numbers: u32, manifests: &[Bytes]) -> Vec<(Hex, u32)> {
    let whats = 0..=numbers + manifests.len() as u32;
    let mut blobs: Vec<_> = whats.map(|what| (Hex::of(&content(what, numbers, manifests)), what)).collect();
    blobs.sort_unstable();
    blobs
}

fn content(what: u32, numbers: u32, manifests: &[Bytes]) -> Bytes {
    match what.checked_sub(numbers) {
        None => what.to_string().into(),
        Some(0) => CONFIG.into(),
        Some(manifest) => manifests[manifest as usize - 1].clone(),
    }
}

fn link(folder: &str, hex: Hex) -> (String, Bytes) {
    (format!("{folder}/sha256/{}/link", hex.text()), hex.link())
}

/// The hex of a SHA-256 as two numbers: a million texts of it would take a hundred megabytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hex(u128, u128);

impl Hex {
    fn of(bytes: &[u8]) -> Self {
        let digest = Digest::of(bytes);
        let half = |range| u128::from_str_radix(&digest.hex()[range], 16).expect("a digest is hex");
        Self(half(0..32), half(32..64))
    }

    fn text(self) -> String {
        format!("{:032x}{:032x}", self.0, self.1)
    }

    /// What a link to it holds.
    fn link(self) -> Bytes {
        format!("sha256:{}", self.text()).into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn keys_are_in_order_links_lead_to_data_and_data_has_its_digest() {
        let objects: Vec<_> = Grown { tags: 40, blobs: 500 }.objects("load/r0").collect();
        assert!(objects.is_sorted_by(|one, other| one.0 < other.0));
        // Numbers, the config and 16 manifests; links of numbers and the config; revisions; two of each tag.
        assert_eq!(objects.len(), (500 + 1 + 16) + (500 + 1) + 16 + 2 * 40);
        let objects: BTreeMap<String, Bytes> = objects.into_iter().collect();
        let data = |digest: &str| {
            let hex = digest.strip_prefix("sha256:").unwrap();
            objects.get(&format!("{ROOT}/blobs/sha256/{}/{hex}/data", &hex[..2])).cloned()
        };
        for (key, bytes) in &objects {
            if key.ends_with("/data") {
                assert!(key.ends_with(&format!("/{}/data", Digest::of(bytes).hex())), "{key}");
            } else {
                let digest = std::str::from_utf8(bytes).unwrap();
                assert!(data(digest).is_some(), "{key} leads to {digest}");
                assert!(key.ends_with("/current/link") || key.contains(&digest.replace(':', "/")), "{key}");
            }
        }
        let tags = format!("{ROOT}/repositories/load/r0/_manifests/tags/");
        let current = objects.iter().filter(|(key, _)| key.starts_with(&tags) && key.ends_with("/current/link"));
        let manifests: BTreeSet<_> = current.map(|(_, link)| data(std::str::from_utf8(link).unwrap())).collect();
        assert_eq!(manifests.len(), 16);
        let manifest: serde_json::Value = serde_json::from_slice(manifests.first().unwrap().as_ref().unwrap()).unwrap();
        for wanted in [&manifest["config"], &manifest["layers"][0]] {
            let bytes = data(wanted["digest"].as_str().unwrap()).unwrap();
            assert_eq!(wanted["size"], bytes.len());
        }
    }

    #[test]
    fn one_of_both_is_enough_and_too_much_is_refused() {
        assert_eq!(Grown { tags: 0, blobs: 3 }.objects("load/r0").count(), 4 + 4);
        // The manifests need their layers even so.
        assert_eq!(Grown { tags: 2, blobs: 0 }.objects("load/r0").count(), (2 + 1 + 2) + 3 + 2 + 4);
        for (tags, blobs, word) in [(0, 0, "needs"), (1_000_000, 1_000_001, "at most")] {
            assert!(Grown { tags, blobs }.problem().unwrap().contains(word));
        }
        assert_eq!(Grown { tags: 100_000, blobs: 1_000_000 }.problem(), None);
    }
}
