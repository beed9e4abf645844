//! High-level steps: what clients do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_faults::{Size, Span};

use crate::OneOrMany;
use crate::expect::{Matcher, StatusSet};

/// How blobs are uploaded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// POST, one PATCH with the whole blob, PUT (docker, skopeo).
    #[default]
    Streamed,
    /// POST, then PUT with the whole blob (containerd, jib).
    Monolithic,
    /// One POST with the digest.
    SinglePost,
    /// POST, PATCHes of this size with Content-Range, PUT.
    Chunked(Size),
}

/// Whose habits a push has. Sets `mode` and `head-first`; `retries` as they stand here unless the step says more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClientHabit {
    /// HEAD, POST, one PATCH without a length, PUT, then HEAD of the digest; 5 tries per layer, each with a new upload.
    Docker,
    /// HEAD, POST and PUT with the whole blob; one try.
    Containerd,
    /// HEAD, POST, one PATCH without a length, PUT; one try.
    Skopeo,
    /// As skopeo, but 3 tries, each with a new upload.
    Crane,
    /// HEAD and skip what is there, POST, one PATCH, PUT; one try.
    Jib,
}

/// How a high-level step must end.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Outcome {
    /// It must succeed.
    #[default]
    Succeeds,
    /// It must fail, with one of these statuses as the last answer (none given: in any way).
    Fails(StatusSet),
    /// It may succeed; if it fails, then with one of these statuses.
    SucceedsOrFails(StatusSet),
}

/// Pushes an image: blobs that are missing, then the manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PushStep {
    /// Name in `given.images`.
    pub image: String,
    /// `REPO:TAG`, e.g. `${repo}:1`.
    #[serde(rename = "as")]
    pub reference: String,
    /// Whose habits it has, instead of `mode` and `head-first`.
    #[serde(default)]
    pub client: Option<ClientHabit>,
    /// How blobs are uploaded.
    #[serde(default)]
    pub mode: Mode,
    /// HEAD each blob first and skip what is there (docker, jib). Default true.
    #[serde(default = "yes")]
    pub head_first: bool,
    /// Tries again on 429/503 with Retry-After, at most so many times. Default 0: the first answer counts.
    #[serde(default)]
    pub retries: u32,
    /// How it must end.
    #[serde(default)]
    pub expect: Outcome,
    /// It must be over within this time.
    #[serde(default)]
    pub within: Option<Span>,
}

fn yes() -> bool {
    true
}

/// Pulls a manifest and all it refers to; digests and lengths are always verified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PullStep {
    /// `REPO:TAG` or `REPO@DIGEST`.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The image in `given.images` that must come back, byte for byte.
    #[serde(default)]
    pub same_as: Option<String>,
    /// How it must end.
    #[serde(default)]
    pub expect: Outcome,
    /// It must be over within this time.
    #[serde(default)]
    pub within: Option<Span>,
}

/// Pushes one blob.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BlobStep {
    /// Name in `given.blobs`.
    pub blob: String,
    /// Repository; `${repo}` if absent.
    #[serde(default)]
    pub to: Option<String>,
    /// How it is uploaded.
    #[serde(default)]
    pub mode: Mode,
    /// Tries again on 429/503 with Retry-After, at most so many times.
    #[serde(default)]
    pub retries: u32,
    /// How it must end.
    #[serde(default)]
    pub expect: Outcome,
    /// It must be over within this time.
    #[serde(default)]
    pub within: Option<Span>,
}

/// Mounts a blob.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MountStep {
    /// Name in `given.blobs`.
    pub blob: String,
    /// Source repository.
    pub from: String,
    /// Target repository.
    pub to: String,
    /// Allowed statuses; 201 or 202 if absent (MO1, MO3).
    #[serde(default)]
    pub status: Option<StatusSet>,
}

/// Deletes something; exactly one of the fields `ref` and `blob`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeleteStep {
    /// `REPO:TAG` or `REPO@DIGEST`.
    #[serde(rename = "ref", default)]
    pub reference: Option<String>,
    /// Name in `given.blobs`.
    #[serde(default)]
    pub blob: Option<String>,
    /// Allowed statuses; 202 if absent (DT1, DM1, DB1).
    #[serde(default)]
    pub status: Option<StatusSet>,
}

/// Lists what refers to a manifest, following Link to the end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReferrersStep {
    /// Digest of the subject, e.g. `${image.app.digest}`.
    pub subject: String,
    /// Repository; `${repo}` if absent.
    #[serde(default)]
    pub of: Option<String>,
    /// Only those with this type; it does not matter who filters.
    #[serde(default)]
    pub artifact_type: Option<String>,
    /// Digests that must be in the list.
    #[serde(default)]
    pub contains: OneOrMany<String>,
    /// How many there are.
    #[serde(default)]
    pub count: Option<Matcher>,
    /// In how many pages they came.
    #[serde(default)]
    pub pages: Option<Matcher>,
}

/// Lists tags, following Link to the end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TagsStep {
    /// Repository; `${repo}` if absent.
    #[serde(default)]
    pub of: Option<String>,
    /// Page size (`n`).
    #[serde(default)]
    pub page: Option<u32>,
    /// The exact list, in order.
    #[serde(default)]
    pub equals: Option<Vec<String>>,
    /// Tags that must be in it.
    #[serde(default)]
    pub contains: OneOrMany<String>,
    /// How many.
    #[serde(default)]
    pub count: Option<Matcher>,
}
