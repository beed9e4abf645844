//! What a storage key is about, in the layout of distribution v2: `<root>/docker/registry/v2/{blobs,repositories}/...`.

/// The parts of a key that name something of the API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Key<'a> {
    /// Repository.
    pub(crate) repository: Option<&'a str>,
    /// Id of an upload session.
    pub(crate) upload: Option<&'a str>,
    /// Hex part of a digest.
    pub(crate) digest: Option<&'a str>,
    /// Tag.
    pub(crate) tag: Option<&'a str>,
    /// What kind of entry it is.
    pub(crate) entry: Entry,
}

/// Kinds of objects in the layout.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Entry {
    /// `blobs/<algorithm>/<2>/<hex>/data`.
    BlobData,
    /// `_layers/<algorithm>/<hex>/link`.
    Layer,
    /// `_manifests/revisions/<algorithm>/<hex>/link`.
    Revision,
    /// `_manifests/tags/<tag>/current/link`.
    TagCurrent,
    /// Anything below `_uploads/<id>/`.
    Upload,
    /// Anything else: directories, prefixes, histories of tags, foreign objects.
    #[default]
    Other,
}

impl<'a> Key<'a> {
    /// Reads a key or a prefix of one.
    pub(crate) fn of(key: &'a str) -> Self {
        let path = key.trim_start_matches('/');
        if let Some(rest) = after(path, "repositories/") {
            return Self::in_repository(rest);
        }
        match after(path, "blobs/") {
            Some(rest) => {
                let digest = rest.split('/').find(|part| is_hex(part));
                let entry = if rest.ends_with("/data") && digest.is_some() { Entry::BlobData } else { Entry::Other };
                Self { digest, entry, ..Self::default() }
            }
            None => Self::default(),
        }
    }

    fn in_repository(rest: &'a str) -> Self {
        for (mark, kind) in [("/_layers", Entry::Layer), ("/_manifests", Entry::Revision), ("/_uploads", Entry::Upload)]
        {
            let Some((repository, inside)) = rest.split_once(mark) else { continue };
            if !(inside.is_empty() || inside.starts_with('/')) {
                continue;
            }
            let mut key = Self { repository: Some(repository), ..Self::default() };
            let inside = inside.trim_start_matches('/');
            match kind {
                Entry::Upload => {
                    key.upload = inside.split('/').next().filter(|id| !id.is_empty());
                    key.entry = if inside.contains('/') { Entry::Upload } else { Entry::Other };
                }
                _ => key.read_link(inside, kind),
            }
            return key;
        }
        let repository = rest.trim_end_matches('/');
        Self { repository: (!repository.is_empty()).then_some(repository), ..Self::default() }
    }

    fn read_link(&mut self, inside: &'a str, kind: Entry) {
        self.digest = inside.split('/').find(|part| is_hex(part));
        if let Some(rest) = inside.strip_prefix("tags/") {
            self.tag = rest.split('/').next().filter(|tag| !tag.is_empty());
            let current = rest.split_once('/').is_some_and(|(_, rest)| rest == "current/link");
            self.entry = if current { Entry::TagCurrent } else { Entry::Other };
        } else if inside.ends_with("/link") && self.digest.is_some() {
            self.entry = kind;
        }
    }

    /// The digest with its algorithm, which follows from the length of the hex part.
    pub(crate) fn full_digest(&self) -> Option<String> {
        let hex = self.digest?;
        Some(format!("{}:{hex}", if hex.len() == 128 { "sha512" } else { "sha256" }))
    }
}

fn after<'a>(path: &'a str, mark: &str) -> Option<&'a str> {
    let at = path.find(&format!("v2/{mark}"))?;
    let starts_segment = at == 0 || path.as_bytes()[at - 1] == b'/';
    starts_segment.then(|| &path[at + 3 + mark.len()..])
}

/// True for the hex part of a SHA-256 or SHA-512 digest.
pub(super) fn is_hex(text: &str) -> bool {
    matches!(text.len(), 64 | 128) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_name_what_they_are_about() {
        let hex = "ab".repeat(32);
        let root = "docker/registry/v2";
        let repo = format!("{root}/repositories/lab/app");
        for (key, expected) in [
            (format!("{repo}/_uploads/9ac3/data"), (Some("lab/app"), Some("9ac3"), None, None, Entry::Upload)),
            (format!("/{repo}/_uploads/9ac3"), (Some("lab/app"), Some("9ac3"), None, None, Entry::Other)),
            (
                format!("{repo}/_layers/sha256/{hex}/link"),
                (Some("lab/app"), None, Some(hex.as_str()), None, Entry::Layer),
            ),
            (
                format!("{repo}/_manifests/revisions/sha256/{hex}/link"),
                (Some("lab/app"), None, Some(&hex), None, Entry::Revision),
            ),
            (
                format!("root/{repo}/_manifests/tags/v1/current/link"),
                (Some("lab/app"), None, None, Some("v1"), Entry::TagCurrent),
            ),
            (
                format!("{repo}/_manifests/tags/v1/index/sha256/{hex}/link"),
                (Some("lab/app"), None, Some(&hex), Some("v1"), Entry::Other),
            ),
            (format!("{root}/blobs/sha256/ab/{hex}/data"), (None, None, Some(&hex), None, Entry::BlobData)),
            (format!("{repo}/_manifests/tags"), (Some("lab/app"), None, None, None, Entry::Other)),
            ("elsewhere/file".to_owned(), (None, None, None, None, Entry::Other)),
            (String::new(), (None, None, None, None, Entry::Other)),
        ] {
            let read = Key::of(&key);
            assert_eq!((read.repository, read.upload, read.digest, read.tag, read.entry), expected, "{key}");
        }
    }
}
