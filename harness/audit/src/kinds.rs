//! What can be wrong, in the order in which it hurts. One more kind is one line in the table below and whoever finds it.

use serde::{Serialize, Serializer};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Something that was pushed cannot be pulled.
    Loss,
    /// Something is not as it should be; pulls go well.
    Disorder,
    /// Bytes are paid for and of no use.
    Waste,
}

/// One kind of finding.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// Place in the order.
    order: usize,
    /// Its name, in kebab case.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it means.
    pub means: &'static str,
    /// What to do.
    pub advice: &'static str,
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id)
    }
}

macro_rules! kinds {
    ($($name:ident $id:literal $severity:ident $means:literal $advice:literal)+) => {
        #[expect(non_camel_case_types, reason = "the names of the constants, to count them")]
        enum Order { $($name),+ }
        $(
            #[doc = $means]
            pub const $name: Kind = Kind {
                order: Order::$name as usize, id: $id, severity: Severity::$severity, means: $means, advice: $advice,
            };
        )+
        /// Every kind, in order.
        pub const ALL: &[&Kind] = &[$(&$name),+];
    };
}

kinds! {
    DANGLING_TAG "dangling-tag" Loss
        "A tag points to a manifest that is not in its repository: it is listed and cannot be pulled."
        "push the image again, or delete the tag"
    BROKEN_LINK "broken-link" Loss
        "A link holds something else than the digest it stands for: power loss, half replication, an edit by hand."
        "push the image again; or write the digest that the key names into the link"
    DANGLING_REVISION "dangling-revision" Loss
        "A manifest is linked into a repository, but its bytes are not there."
        "push the image again, or restore the blob from another copy of the bucket"
    MISSING_BLOB "missing-blob" Loss
        "A manifest needs a blob whose bytes are not there: the pull breaks off."
        "push the image again (clients skip blobs that a HEAD finds: delete their links first), or restore the blob"
    TRUNCATED_BLOB "truncated-blob" Loss
        "A blob has another size than the manifest says."
        "delete the object and push the image again, or restore it from another copy"
    CORRUPT_BLOB "corrupt-blob" Loss
        "A blob's bytes do not have its digest."
        "delete the object and push the image again, or restore it from another copy"
    UNLINKED_BLOB "unlinked-blob" Loss
        "A manifest needs a blob that is stored, but not linked into its repository: the pull is answered 404."
        "push the image again: only the link is written"
    MISSING_CHILD "missing-child" Loss
        "An index lists a manifest that is not in its repository: one platform cannot be pulled. Garbage collection that eats children does this."
        "push the whole index again; and look at what removes untagged manifests"
    MISSING_TAG "missing-tag" Loss
        "A tag of the one side is not on the other."
        "copy the image, or repeat the replication of its repository"
    DIFFERENT_TAG "different-tag" Loss
        "A tag points to different manifests on the two sides."
        "find out which side is newer, and copy that one"
    UNREADABLE_TAG "unreadable-tag" Loss
        "A tag is listed, but asking for its manifest fails."
        "look at the registry's log for the request, then at what the bucket's audit says of the tag"
    DANGLING_LAYER "dangling-layer" Disorder
        "A repository links a blob whose bytes are not there: a client that asks gets 404, or worse a 200 without bytes."
        "delete the link, or push the blob again"
    DANGLING_REFERRER "dangling-referrer" Disorder
        "A list of referrers names a manifest that is not in the repository."
        "delete the entry, or push the referrer again"
    TAG_WITHOUT_TARGET "tag-without-target" Disorder
        "A tag has a history and points to nothing; some programs still list it."
        "delete what is left of the tag, or push it again"
    UNKNOWN_MANIFEST "unknown-manifest" Disorder
        "A manifest's format is not known, so what it needs cannot be told; everything of its repository counts as needed."
        "nothing, if it can be pulled; old schema 1 manifests should be converted by pulling and pushing them"
    HIDDEN_TAG "hidden-tag" Disorder
        "The bucket holds a tag that the registry does not list."
        "look for a second root directory, a stale cache, or a listing that lost entries"
    GHOST_TAG "ghost-tag" Disorder
        "The registry lists a tag that the bucket does not hold: it answers from a cache, or from another bucket."
        "flush the registry's cache; compare the bucket and root directory it is configured with"
    FOREIGN_KEY "foreign-key" Disorder
        "An object of the bucket belongs to no registry's layout."
        "find out who writes there; nothing of a registry needs it"
    LEAKED_BLOB "leaked-blob" Waste
        "Nothing refers to a blob: it was never finished, or what needed it was deleted."
        "collect garbage (shakedown gc; registry garbage-collect)"
    ORPHAN_UPLOAD "orphan-upload" Waste
        "An upload session was left behind."
        "purge uploads (shakedown gc --purge-older; storage.maintenance.uploadpurging)"
    ORPHAN_MULTIPART "orphan-multipart" Waste
        "A multipart upload is open that nobody goes on with; its parts are paid for and seen by no listing of objects."
        "abort it, or give the bucket a lifecycle rule that does (AbortIncompleteMultipartUpload)"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_in_order() {
        for (at, kind) in ALL.iter().enumerate() {
            assert_eq!(kind.order, at);
            assert!(ALL.iter().filter(|other| other.id == kind.id).count() == 1, "{}", kind.id);
        }
    }
}
