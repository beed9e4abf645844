//! Keys of the layout: `<root>/docker/registry/v2/{blobs,repositories}/...`. Not here: what stands under them.

use shakedown_oci::{Digest, RepositoryName};

const BASE: &str = "docker/registry/v2/";

/// What a key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry<'a> {
    /// Bytes of a blob or manifest.
    Blob(Digest),
    /// The link of a layer into a repository.
    Layer(Digest),
    /// The link of a manifest into a repository.
    Revision(Digest),
    /// What a tag points to.
    TagCurrent(&'a str),
    /// What a tag has pointed to.
    TagHistory(&'a str),
    /// An entry of a list of referrers.
    Referrer {
        /// What is referred to.
        subject: Digest,
        /// The manifest that refers.
        referrer: Digest,
    },
    /// Anything of an upload session.
    Upload(&'a str),
    /// Bookkeeping that registries keep beside content: tombstones, a collection in progress.
    Bookkeeping,
    /// Nothing of the layout.
    Foreign,
}

/// A key that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key<'a> {
    /// The repository it lies in.
    pub repository: Option<RepositoryName>,
    /// What it stands for.
    pub entry: Entry<'a>,
}

/// The root of all keys, with a slash at its end unless it is empty.
pub(crate) fn prefix(root: &str) -> String {
    let root = root.trim_matches('/');
    if root.is_empty() { String::new() } else { format!("{root}/") }
}

impl<'a> Key<'a> {
    /// Reads a key of a bucket whose registry has this `rootdirectory`.
    pub fn read(root: &str, key: &'a str) -> Self {
        let foreign = Self { repository: None, entry: Entry::Foreign };
        let Some(path) = key.strip_prefix(&prefix(root)).and_then(|key| key.strip_prefix(BASE)) else { return foreign };
        let parts: Vec<&str> = path.split('/').collect();
        match parts.as_slice() {
            ["blobs", algorithm, first, hex, "data"] if hex.starts_with(first) => match digest(algorithm, hex) {
                Some(digest) => Self { repository: None, entry: Entry::Blob(digest) },
                None => foreign,
            },
            ["gc", "run"] => Self { repository: None, entry: Entry::Bookkeeping },
            ["repositories", ..] => Self::in_repository(&path["repositories/".len()..]).unwrap_or(foreign),
            _ => foreign,
        }
    }

    fn in_repository(path: &'a str) -> Option<Self> {
        let (name, inside) = path.split_once("/_")?;
        let parts: Vec<&str> = inside.split('/').collect();
        let entry = match parts.as_slice() {
            ["layers", algorithm, hex, "link"] => Entry::Layer(digest(algorithm, hex)?),
            ["manifests", "revisions", algorithm, hex, "link"] => Entry::Revision(digest(algorithm, hex)?),
            ["manifests", "tags", tag, "current", "link"] => Entry::TagCurrent(tag),
            ["manifests", "tags", tag, "index", algorithm, hex, "link"] => {
                digest(algorithm, hex)?;
                Entry::TagHistory(tag)
            }
            ["manifests", "referrers", of_algorithm, of_hex, algorithm, hex, "descriptor"] => {
                Entry::Referrer { subject: digest(of_algorithm, of_hex)?, referrer: digest(algorithm, hex)? }
            }
            ["manifests", "deleted", _, _, "tombstone"] => Entry::Bookkeeping,
            ["uploads", id, _, ..] => Entry::Upload(id),
            _ => return None,
        };
        Some(Self { repository: Some(name.parse().ok()?), entry })
    }
}

fn digest(algorithm: &str, hex: &str) -> Option<Digest> {
    format!("{algorithm}:{hex}").parse().ok()
}

/// The key of a blob's bytes.
pub(crate) fn blob(root: &str, digest: &Digest) -> String {
    let (algorithm, hex) = (digest.algorithm(), digest.hex());
    format!("{}{BASE}blobs/{algorithm}/{}/{hex}/data", prefix(root), &hex[..2])
}

/// The directory of an upload session.
pub(crate) fn upload(root: &str, repository: &RepositoryName, id: &str) -> String {
    format!("{}{BASE}repositories/{repository}/_uploads/{id}/", prefix(root))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_what_is_none_is_foreign() {
        let digest = Digest::of(b"a");
        let hex = digest.hex();
        let key = blob("mirror", &digest);
        assert_eq!(Key::read("/mirror/", &key).entry, Entry::Blob(digest.clone()));
        assert_eq!(Key::read("", &key).entry, Entry::Foreign, "another root directory");
        let repository = "docker/registry/v2/repositories/lab/app";
        for (key, entry) in [
            (format!("{repository}/_layers/sha256/{hex}/link"), Entry::Layer(digest.clone())),
            (format!("{repository}/_manifests/tags/v1/current/link"), Entry::TagCurrent("v1")),
            (format!("{repository}/_uploads/9ac3/hashstates/sha256/0"), Entry::Upload("9ac3")),
        ] {
            let read = Key::read("", &key);
            assert_eq!((read.repository.unwrap().as_str(), read.entry), ("lab/app", entry), "{key}");
        }
        let elsewhere = format!("docker/registry/v2/blobs/sha256/00/{hex}/data");
        let strange = [
            elsewhere.as_str(),
            "backup.tar",
            "docker/registry/v2/blobs/",
            "docker/registry/v2/repositories/A/_layers/x",
        ];
        for key in strange {
            assert_eq!(Key::read("", key).entry, Entry::Foreign, "{key}");
        }
    }
}
