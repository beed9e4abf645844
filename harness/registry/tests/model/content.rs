//! The small universe that random operations live in: few names, so that operations meet. Everything is known from its index.

use shakedown_oci::{Digest, media_type};

pub const REPOSITORIES: usize = 2;
pub const BLOBS: usize = 4;
pub const TAGS: usize = 3;
pub const MANIFESTS: usize = 7;

pub fn repository(index: usize) -> &'static str {
    ["lab", "lab/app"][index]
}

pub fn tag(index: usize) -> &'static str {
    ["v1", "v1-alpine", "v1.0"][index]
}

/// One is empty, one is small, two reach multipart uploads (parts have 1 KiB here).
pub fn blob(index: usize) -> Vec<u8> {
    let sizes = [2, 0, 1500, 3072];
    vec![b'a' + u8::try_from(index).unwrap(); sizes[index]]
}

pub fn blob_digest(index: usize) -> Digest {
    Digest::of(&blob(index))
}

/// One manifest of the universe.
pub struct Image {
    pub bytes: Vec<u8>,
    pub digest: Digest,
    pub media_type: &'static str,
    /// Blobs it needs.
    pub blobs: Vec<usize>,
    /// Manifests it needs.
    pub children: Vec<usize>,
    pub subject: Option<usize>,
}

/// Three images, an index over two of them, three artifacts that refer to the first image.
pub fn image(index: usize) -> Image {
    let (media_type, blobs, children, subject) = match index {
        0..3 => (media_type::OCI_MANIFEST, vec![0, index + 1], vec![], None),
        3 => (media_type::OCI_INDEX, vec![], vec![0, 1], None),
        _ => (media_type::OCI_MANIFEST, vec![0], vec![], Some(0)),
    };
    let descriptor = |digest: Digest, size: usize, media_type: &str| serde_json::json!({ "mediaType": media_type, "digest": digest, "size": size });
    let of_blob = |blob_index: &usize| {
        descriptor(blob_digest(*blob_index), blob(*blob_index).len(), "application/vnd.example.bytes")
    };
    let of_image = |index: &usize| {
        let image = image(*index);
        descriptor(image.digest, image.bytes.len(), image.media_type)
    };
    let mut json =
        serde_json::json!({ "schemaVersion": 2, "mediaType": media_type, "annotations": { "n": index.to_string() } });
    if children.is_empty() {
        json["config"] = of_blob(&blobs[0]);
        json["layers"] = blobs[1..].iter().map(of_blob).collect();
    } else {
        json["manifests"] = children.iter().map(of_image).collect();
    }
    if let Some(subject) = &subject {
        json["artifactType"] = "application/vnd.example.artifact".into();
        json["subject"] = of_image(subject);
    }
    let bytes = serde_json::to_vec(&json).unwrap();
    Image { digest: Digest::of(&bytes), bytes, media_type, blobs, children, subject }
}
