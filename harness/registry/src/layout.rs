//! Object keys, the same as distribution's v2 layout, so that a bucket written by one registry is read by the other.
//!
//! The one object of our own is `_uploads/<uuid>/session`; distribution's purge removes it with its directory.

use shakedown_oci::{Digest, RepositoryName, Tag};

/// Makes keys below one root directory.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    base: String,
}

impl Layout {
    /// `root_directory` as in distribution's configuration: slashes at its ends do not count.
    pub(crate) fn new(root_directory: &str) -> Self {
        let root = root_directory.trim_matches('/');
        let separator = if root.is_empty() { "" } else { "/" };
        Self { base: format!("{root}{separator}docker/registry/v2") }
    }

    /// Bytes of a blob or manifest.
    pub(crate) fn blob(&self, digest: &Digest) -> String {
        let (algorithm, hex) = (digest.algorithm(), digest.hex());
        format!("{}/blobs/{algorithm}/{}/{hex}/data", self.base, &hex[..2])
    }

    /// All blobs, with a trailing slash.
    pub(crate) fn blobs(&self) -> String {
        format!("{}/blobs/", self.base)
    }

    /// The digest whose bytes a key holds.
    pub(crate) fn digest_of_blob(&self, key: &str) -> Option<Digest> {
        let mut parts = key.strip_prefix(&self.base)?.strip_prefix("/blobs/")?.split('/');
        let (algorithm, _, hex, file) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        (file == "data" && parts.next().is_none()).then(|| format!("{algorithm}:{hex}").parse().ok())?
    }

    /// What a garbage collection in progress is about to delete. Our own; distribution ignores it.
    pub(crate) fn collection(&self) -> String {
        format!("{}/gc/run", self.base)
    }

    /// All repositories, with a trailing slash.
    pub(crate) fn repositories(&self) -> String {
        format!("{}/repositories/", self.base)
    }

    fn repository(&self, name: &RepositoryName) -> String {
        format!("{}/repositories/{name}", self.base)
    }

    /// The link of a layer into a repository.
    pub(crate) fn layer_link(&self, name: &RepositoryName, digest: &Digest) -> String {
        format!("{}/_layers/{}/{}/link", self.repository(name), digest.algorithm(), digest.hex())
    }

    /// What a repository holds of manifests, with a trailing slash.
    pub(crate) fn manifests(&self, name: &RepositoryName) -> String {
        format!("{}/_manifests/", self.repository(name))
    }

    /// The link of a manifest revision.
    pub(crate) fn revision_link(&self, name: &RepositoryName, digest: &Digest) -> String {
        format!("{}revisions/{}/{}/link", self.manifests(name), digest.algorithm(), digest.hex())
    }

    /// All tags of a repository, with a trailing slash.
    pub(crate) fn tags(&self, name: &RepositoryName) -> String {
        format!("{}tags/", self.manifests(name))
    }

    /// Everything of one tag, with a trailing slash.
    pub(crate) fn tag(&self, name: &RepositoryName, tag: &Tag) -> String {
        format!("{}{tag}/", self.tags(name))
    }

    /// What a tag points to.
    pub(crate) fn tag_current(&self, name: &RepositoryName, tag: &Tag) -> String {
        format!("{}current/link", self.tag(name, tag))
    }

    /// What a tag has pointed to.
    pub(crate) fn tag_index(&self, name: &RepositoryName, tag: &Tag, digest: &Digest) -> String {
        format!("{}index/{}/{}/link", self.tag(name, tag), digest.algorithm(), digest.hex())
    }

    /// Descriptors of the referrers of a manifest, with a trailing slash. Our own; distribution v2 has no referrers.
    pub(crate) fn referrers(&self, name: &RepositoryName, subject: &Digest) -> String {
        format!("{}referrers/{}/{}/", self.manifests(name), subject.algorithm(), subject.hex())
    }

    /// The descriptor of one referrer.
    pub(crate) fn referrer(&self, name: &RepositoryName, subject: &Digest, referrer: &Digest) -> String {
        format!("{}{}/{}/descriptor", self.referrers(name, subject), referrer.algorithm(), referrer.hex())
    }

    /// That a manifest was deleted and may be restored. Our own.
    pub(crate) fn tombstone(&self, name: &RepositoryName, digest: &Digest) -> String {
        format!("{}deleted/{}/{}/tombstone", self.manifests(name), digest.algorithm(), digest.hex())
    }

    /// The state of an upload session and the bytes that fill no part yet.
    pub(crate) fn session(&self, name: &RepositoryName, upload: &str) -> String {
        format!("{}/_uploads/{upload}/session", self.repository(name))
    }

    /// The parts of an upload session.
    pub(crate) fn upload_data(&self, name: &RepositoryName, upload: &str) -> String {
        format!("{}/_uploads/{upload}/data", self.repository(name))
    }
}

/// The class of a key, in the words of traces and logs.
pub(crate) fn class_of(key: &str) -> &'static str {
    if let Some((_, rest)) = key.split_once("/_uploads/") {
        return match rest.split('/').nth(1) {
            Some("session" | "startedat") => "started-at",
            Some("data") => "upload-data",
            _ => "other",
        };
    }
    match key {
        _ if key.contains("/_layers/") => "link",
        _ if key.contains("/_manifests/revisions/") => "manifest",
        _ if key.contains("/_manifests/tags/") => "tag",
        _ if key.contains("/v2/blobs/") => "blob-data",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_distribution_v2() {
        let layout = Layout::new("");
        let name: RepositoryName = "lab/app".parse().unwrap();
        let digest = Digest::of(b"");
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let tag: Tag = "v1".parse().unwrap();
        let repo = "docker/registry/v2/repositories/lab/app";
        assert_eq!(layout.blob(&digest), format!("docker/registry/v2/blobs/sha256/e3/{hex}/data"));
        assert_eq!(layout.layer_link(&name, &digest), format!("{repo}/_layers/sha256/{hex}/link"));
        assert_eq!(layout.revision_link(&name, &digest), format!("{repo}/_manifests/revisions/sha256/{hex}/link"));
        assert_eq!(layout.tag_current(&name, &tag), format!("{repo}/_manifests/tags/v1/current/link"));
        assert_eq!(
            layout.tag_index(&name, &tag, &digest),
            format!("{repo}/_manifests/tags/v1/index/sha256/{hex}/link")
        );
        assert_eq!(layout.upload_data(&name, "u"), format!("{repo}/_uploads/u/data"));
        assert_eq!(class_of(&layout.session(&name, "u")), "started-at");
        assert_eq!(class_of(&layout.blob(&digest)), "blob-data");
    }

    #[test]
    fn the_root_directory_is_distributions() {
        for (root, base) in [("", "docker"), ("/", "docker"), ("/a/b/", "a/b/docker"), ("a", "a/docker")] {
            assert!(Layout::new(root).repositories().starts_with(&format!("{base}/registry/v2/")), "{root}");
        }
    }
}
