//! What a key below `repositories/` is about. Not here: how keys are made (`layout`).

use shakedown_oci::{Digest, RepositoryName};

/// One entry of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry<'a> {
    Layer(Digest),
    Revision(Digest),
    /// What a tag points to.
    TagCurrent(&'a str),
    /// What a tag has pointed to.
    TagHistory(&'a str, Digest),
    Referrer {
        subject: Digest,
        referrer: Digest,
    },
    Tombstone(Digest),
    /// Anything of an upload session.
    Upload(&'a str),
    Other,
}

/// Splits the part of a key after `repositories/` into repository and entry; `None` if no repository can have this name.
pub(crate) fn read(path: &str) -> Option<(RepositoryName, Entry<'_>)> {
    // Components of names begin with a letter or digit, so the first "/_" ends the name.
    let (name, inside) = path.split_once("/_")?;
    let parts: Vec<&str> = inside.split('/').collect();
    let digest = |algorithm: &str, hex: &str| format!("{algorithm}:{hex}").parse::<Digest>().ok();
    let entry = match parts.as_slice() {
        ["layers", algorithm, hex, "link"] => digest(algorithm, hex).map(Entry::Layer),
        ["manifests", "revisions", algorithm, hex, "link"] => digest(algorithm, hex).map(Entry::Revision),
        ["manifests", "tags", tag, "current", "link"] => Some(Entry::TagCurrent(tag)),
        ["manifests", "tags", tag, "index", algorithm, hex, "link"] => {
            digest(algorithm, hex).map(|digest| Entry::TagHistory(tag, digest))
        }
        ["manifests", "referrers", subject_algorithm, subject_hex, algorithm, hex, "descriptor"] => {
            let subject = digest(subject_algorithm, subject_hex);
            subject.zip(digest(algorithm, hex)).map(|(subject, referrer)| Entry::Referrer { subject, referrer })
        }
        ["manifests", "deleted", algorithm, hex, "tombstone"] => digest(algorithm, hex).map(Entry::Tombstone),
        ["uploads", id, _, ..] => Some(Entry::Upload(id)),
        _ => None,
    };
    Some((name.parse().ok()?, entry.unwrap_or(Entry::Other)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;

    #[test]
    fn every_key_of_the_layout_is_read_back() {
        let layout = Layout::new("root");
        let name: RepositoryName = "lab/app".parse().unwrap();
        let (digest, other) = (Digest::of(b"a"), Digest::of(b"b"));
        let tag = "v1".parse().unwrap();
        for (key, entry) in [
            (layout.layer_link(&name, &digest), Entry::Layer(digest.clone())),
            (layout.revision_link(&name, &digest), Entry::Revision(digest.clone())),
            (layout.tag_current(&name, &tag), Entry::TagCurrent("v1")),
            (layout.tag_index(&name, &tag, &digest), Entry::TagHistory("v1", digest.clone())),
            (
                layout.referrer(&name, &digest, &other),
                Entry::Referrer { subject: digest.clone(), referrer: other.clone() },
            ),
            (layout.tombstone(&name, &digest), Entry::Tombstone(digest.clone())),
            (layout.session(&name, "u"), Entry::Upload("u")),
            (format!("{}lab/app/_manifests/what", layout.repositories()), Entry::Other),
        ] {
            let path = key.strip_prefix(&layout.repositories()).unwrap();
            assert_eq!(read(path), Some((name.clone(), entry)), "{key}");
        }
        assert_eq!(read("no/marks/here"), None);
        assert_eq!(read("UPPER/_layers/x"), None);
        assert_eq!(layout.digest_of_blob(&layout.blob(&digest)), Some(digest));
        assert_eq!(layout.digest_of_blob(&layout.collection()), None);
    }
}
