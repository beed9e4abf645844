//! A view of a manifest: what a registry or a client has to know about it.
//!
//! The bytes stay as they are (MP8): a view is read from them and never rendered again; unknown fields are left alone. Not
//! here: making new manifests (`build`).

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{Digest, MediaType, Platform, media_type, quote};

/// Which of the four formats a manifest has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ManifestKind {
    /// OCI image manifest.
    OciManifest,
    /// OCI image index.
    OciIndex,
    /// Docker schema 2.
    DockerManifest,
    /// Docker manifest list.
    DockerList,
}

impl ManifestKind {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::OciManifest => media_type::OCI_MANIFEST,
            Self::OciIndex => media_type::OCI_INDEX,
            Self::DockerManifest => media_type::DOCKER_MANIFEST,
            Self::DockerList => media_type::DOCKER_LIST,
        }
    }

    /// Whether it lists manifests instead of layers.
    pub fn is_index(self) -> bool {
        matches!(self, Self::OciIndex | Self::DockerList)
    }

    /// The kind of a media type, if it is one of the four.
    pub fn of(media_type: &str) -> Option<Self> {
        [Self::OciManifest, Self::OciIndex, Self::DockerManifest, Self::DockerList]
            .into_iter()
            .find(|kind| kind.media_type().eq_ignore_ascii_case(media_type))
    }
}

/// A reference to content by digest (image-spec `descriptor.md`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// Media type of the content.
    pub media_type: String,
    /// Digest of the content.
    pub digest: Digest,
    /// Length of the content in bytes.
    pub size: u64,
    /// Type of the artifact, in lists of referrers (RL6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// For which machine, in an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Where else the content is; such layers need not be in the registry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// Annotations, in order of their keys.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl Descriptor {
    /// A descriptor with the three required fields.
    pub fn new(media_type: impl Into<String>, digest: Digest, size: u64) -> Self {
        Self {
            media_type: media_type.into(),
            digest,
            size,
            artifact_type: None,
            platform: None,
            urls: Vec::new(),
            annotations: BTreeMap::new(),
        }
    }

    /// The descriptor of `bytes`.
    pub fn of(media_type: impl Into<String>, bytes: &[u8]) -> Self {
        Self::new(media_type, Digest::of(bytes), bytes.len() as u64)
    }
}

/// What was read from a manifest's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Which format it has.
    pub kind: ManifestKind,
    /// The `mediaType` field as written; OCI allows its absence.
    pub media_type: Option<String>,
    /// The config; absent in an index.
    pub config: Option<Descriptor>,
    /// The layers; none in an index.
    pub layers: Vec<Descriptor>,
    /// The listed manifests of an index.
    pub manifests: Vec<Descriptor>,
    /// The manifest this one refers to (PU1).
    pub subject: Option<Descriptor>,
    /// Type of the artifact, if written.
    pub artifact_type: Option<String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
}

/// Why bytes are not a manifest (MANIFEST_INVALID).
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum ManifestError {
    /// Larger than [`Manifest::MAX_BYTES`] (MP15, MP16).
    #[error("the manifest has {size} bytes, more than the limit of {}", Manifest::MAX_BYTES)]
    TooLarge {
        /// Its size.
        size: usize,
    },
    /// Not JSON, or a field is of the wrong kind.
    #[error("the manifest cannot be read: {reason}")]
    Json {
        /// serde's words, with line and column.
        reason: String,
    },
    /// A type that is none of the four.
    #[error(
        "the manifest's media type {media_type} is not one of OCI manifest, OCI index, Docker schema 2, Docker manifest list"
    )]
    UnknownType {
        /// The type, quoted and shortened.
        media_type: String,
    },
    /// `mediaType` says one thing and `Content-Type` another (MP5, PM9).
    #[error("the manifest says mediaType {field}, but was sent as {content_type}")]
    TypeMismatch {
        /// The field's type, quoted and shortened.
        field: String,
        /// The header's type, quoted and shortened.
        content_type: String,
    },
    /// Schema 1, or a number from the future.
    #[error("schemaVersion {version} is not supported; it must be 2")]
    SchemaVersion {
        /// The version given.
        version: u64,
    },
    /// A field that the format needs is not there, or one that it excludes is.
    #[error("the manifest {reason}")]
    Shape {
        /// What is wrong.
        reason: &'static str,
    },
}

/// The fields we look at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    schema_version: Option<u64>,
    media_type: Option<String>,
    config: Option<Object<Descriptor>>,
    layers: Option<Vec<Object<Descriptor>>>,
    manifests: Option<Vec<Object<Descriptor>>>,
    subject: Option<Object<Descriptor>>,
    artifact_type: Option<String>,
    annotations: Option<BTreeMap<String, String>>,
}

/// A JSON object and nothing else: a derived reader would take a list with the fields' values in their order, too.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> de::Visitor<'de> for Fields<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

fn descriptors(list: Option<Vec<Object<Descriptor>>>) -> Vec<Descriptor> {
    list.unwrap_or_default().into_iter().map(|descriptor| descriptor.0).collect()
}

impl Manifest {
    /// Largest manifest that is read. The specification asks registries for at least 4 MB (MP17).
    pub const MAX_BYTES: usize = 16 * 1024 * 1024;

    /// Reads a manifest. `content_type` is the header it came with, if any; JSON nesting is limited to 128 by serde_json.
    ///
    /// # Errors
    /// [`ManifestError`] tells what is wrong, in words fit for a `MANIFEST_INVALID` message.
    pub fn parse(bytes: &[u8], content_type: Option<&MediaType>) -> Result<Self, ManifestError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(ManifestError::TooLarge { size: bytes.len() });
        }
        let Object(raw): Object<Raw> =
            serde_json::from_slice(bytes).map_err(|error| ManifestError::Json { reason: error.to_string() })?;
        match raw.schema_version {
            Some(2) => {}
            Some(version) => return Err(ManifestError::SchemaVersion { version }),
            None => return Err(ManifestError::Shape { reason: "has no schemaVersion" }),
        }
        let kind = kind_of(&raw, content_type)?;
        check_shape(kind, &raw)?;
        Ok(Self {
            kind,
            media_type: raw.media_type,
            config: raw.config.map(|config| config.0),
            layers: descriptors(raw.layers),
            manifests: descriptors(raw.manifests),
            subject: raw.subject.map(|subject| subject.0),
            artifact_type: raw.artifact_type.filter(|artifact_type| !artifact_type.is_empty()),
            annotations: raw.annotations.unwrap_or_default(),
        })
    }

    /// The blobs it needs: config, then layers.
    pub fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        self.config.iter().chain(&self.layers)
    }

    /// What a list of referrers says as its type: `artifactType`, else the config's type, else nothing (RL6-RL8).
    pub fn referrer_type(&self) -> Option<&str> {
        self.artifact_type.as_deref().or_else(|| self.config.as_ref().map(|config| config.media_type.as_str()))
    }

    /// Its entry in the list of referrers of its subject (RL4-RL9, MS6-MS8); `digest` and `size` are of the manifest's bytes.
    pub fn referrer(&self, digest: Digest, size: u64) -> Descriptor {
        let media_type = self.media_type.clone().unwrap_or_else(|| self.kind.media_type().to_owned());
        Descriptor {
            artifact_type: self.referrer_type().map(str::to_owned),
            annotations: self.annotations.clone(),
            ..Descriptor::new(media_type, digest, size)
        }
    }
}

/// The `mediaType` field decides; without it the header; without both the fields.
fn kind_of(raw: &Raw, content_type: Option<&MediaType>) -> Result<ManifestKind, ManifestError> {
    let unknown = |text: &str| ManifestError::UnknownType { media_type: quote(text) };
    let from_header = content_type.and_then(|header| ManifestKind::of(header.essence()));
    if let Some(field) = &raw.media_type {
        let kind = ManifestKind::of(field).ok_or_else(|| unknown(field))?;
        return match content_type {
            Some(header) if from_header != Some(kind) => {
                Err(ManifestError::TypeMismatch { field: quote(field), content_type: quote(header.essence()) })
            }
            _ => Ok(kind),
        };
    }
    if let Some(header) = content_type {
        return from_header.ok_or_else(|| unknown(header.essence()));
    }
    Ok(if raw.manifests.is_some() { ManifestKind::OciIndex } else { ManifestKind::OciManifest })
}

fn check_shape(kind: ManifestKind, raw: &Raw) -> Result<(), ManifestError> {
    let wrong = |reason| Err(ManifestError::Shape { reason });
    if kind.is_index() {
        if raw.manifests.is_none() {
            return wrong("is an index without \"manifests\"");
        }
        if raw.config.is_some() || raw.layers.is_some() {
            return wrong("is an index, but has \"config\" or \"layers\"");
        }
    } else {
        if raw.config.is_none() {
            return wrong("has no \"config\"");
        }
        if raw.layers.is_none() {
            return wrong("has no \"layers\"");
        }
        if raw.manifests.is_some() {
            return wrong("is not an index, but has \"manifests\"");
        }
    }
    Ok(())
}
