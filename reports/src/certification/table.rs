//! Which of our checks stand for which API and which kind of data of OCI's certification: one line each. The names are those of the
//! specification's own conformance program. Not here: how outcomes come from it (`outcome`).

/// One API, or one kind of data.
#[derive(Debug)]
pub(super) struct Row {
    /// Its name in `results.yaml`.
    pub(super) name: &'static str,
    /// The ability without which it is `Disabled`; empty if there is none.
    pub(super) ability: &'static str,
    /// What a check of it looked at: `METHOD KIND`, with the status where only one counts. See [`super::outcome`].
    pub(super) calls: &'static [&'static str],
    /// The scenarios of it: `id` with all its cases, or `id[case]`. Without any, it is never checked.
    pub(super) scenarios: &'static [&'static str],
}

const fn row(
    name: &'static str,
    ability: &'static str,
    calls: &'static [&'static str],
    scenarios: &'static [&'static str],
) -> Row {
    Row { name, ability, calls, scenarios }
}

/// In the order of `results.yaml`.
#[rustfmt::skip] // a table: one line per API
pub(super) const APIS: &[Row] = &[
    row("Blob anonymous mount", "", &["POST upload 201"], &["mount-without-from"]),
    row("Blob chunked", "", &["PATCH any", "PUT any"], &["chunked-upload", "final-chunk", "final-chunk-out-of-order", "chunk-not-at-zero", "chunk-out-of-order", "chunk-range-syntax"]),
    row("Blob delete", "delete-blob", &["DELETE blob"], &["delete-blob", "delete-blob-unknown"]),
    row("Blob delete atomic", "delete-blob", &["GET blob 404", "HEAD blob 404"], &["delete-blob"]),
    row("Blob get", "", &["GET blob"], &["pull-blob", "blob-unknown", "blob-digest-header"]),
    row("Blob get range", "", &["GET blob 206", "GET blob 416"], &["blob-part", "blob-part-large", "blob-range-outside"]),
    row("Blob head", "", &["HEAD blob"], &["pull-blob", "blob-unknown", "blob-digest-header", "post-put"]),
    row("Blob mount", "mount", &["POST upload 201"], &["mount-blob", "mount-impossible"]),
    row("Blob post only", "", &["POST upload 201"], &["single-post", "single-post-wrong-digest"]),
    row("Blob post put", "", &["POST upload", "PUT any"], &["post-put", "upload-wrong-digest", "upload-without-digest"]),
    row("Blob push", "", &["PUT any"], &["post-put", "chunked-upload", "final-chunk"]),
    row("Blob streaming", "", &["push streamed"], &["round-trip"]),
    row("Blob upload cancel", "cancel", &["DELETE any"], &["upload-cancel"]),
    row("Manifest delete", "delete-manifest", &["DELETE digest"], &["delete-manifest", "delete-manifest-unknown"]),
    row("Manifest delete atomic", "delete-manifest", &["GET digest 404", "HEAD digest 404"], &["delete-manifest"]),
    row("Manifest get by digest", "", &["GET digest"], &["pull-manifest", "manifest-bytes", "manifest-unknown"]),
    row("Manifest get by tag", "", &["GET tag"], &["pull-manifest", "manifest-bytes", "manifest-unknown"]),
    row("Manifest head by digest", "", &["HEAD digest"], &["head-manifest[by-digest]", "manifest-unknown"]),
    row("Manifest head by tag", "", &["HEAD tag"], &["head-manifest[by-tag]", "manifest-unknown"]),
    row("Manifest put by digest", "", &["PUT digest"], &["manifest-put", "manifest-bytes", "manifest-wrong-digest"]),
    row("Manifest put by tag", "", &["PUT tag"], &["manifest-put", "manifest-bytes", "manifest-missing-blobs", "manifest-invalid"]),
    row("Manifest put with subject", "referrers", &["PUT digest"], &["referrers", "referrers-index"]),
    row("Manifest put with tag params", "tag-parameters", &["PUT digest"], &["tag-parameters"]),
    row("Ping", "", &["GET ping"], &["round-trip"]),
    row("Referrers", "referrers", &["GET referrers"], &["referrers", "referrers-none", "referrers-filter", "referrers-filters", "referrers-index", "referrers-invalid-digest", "referrers-many", "referrers-paging"]),
    row("Tag delete", "delete-tag", &["DELETE tag"], &["delete-tag"]),
    row("Tag delete atomic", "delete-tag", &["GET tag 404", "HEAD tag 404"], &["delete-tag"]),
    row("Tag listing", "", &["GET tags"], &["tags-list", "tags-last", "tags-n-zero", "tags-n-large", "tags-order", "tags-paging"]),
];

/// In the order of `results.yaml`. A line without scenarios says that nothing of ours pushes such data.
#[rustfmt::skip] // a table: one line per kind of data
pub(super) const DATA: &[Row] = &[
    row("Artifact", "", &["GET tag 200"], &["subject-absent"]),
    row("Artifact Index", "", &[], &[]),
    row("Artifact without Layers", "", &[], &[]),
    row("Artifacts with Subject", "referrers", &["GET referrers"], &["referrers[artifact-type]", "referrers[config-type]"]),
    row("Bad Digest Image", "", &["PUT digest"], &["manifest-wrong-digest"]),
    row("Blobs sha256", "", &["GET blob"], &["pull-blob", "post-put", "chunked-upload"]),
    row("Blobs sha512", "sha512", &["GET blob"], &["sha512"]),
    row("Custom Fields", "", &["GET tag", "GET digest"], &["manifest-bytes[unknown-fields]", "manifest-bytes[unknown-in-descriptor]"]),
    row("Data Field", "", &[], &[]),
    row("Digest Algorithm sha512", "sha512", &["GET digest"], &["sha512"]),
    row("Empty Index", "", &[], &[]),
    row("Image", "", &["push any", "pull any"], &["round-trip"]),
    row("Image Uncompressed", "", &[], &[]),
    row("Image with Large Manifest", "", &["PUT tag"], &["manifest-four-megabytes"]),
    row("Index", "", &["GET index"], &["manifest-content-type"]),
    row("Index with Subject", "referrers", &["GET referrers"], &["referrers-index"]),
    row("Invalid Manifest Digest", "", &["PUT digest", "GET digest"], &["manifest-reference[digest-too-short]", "manifest-reference[digest-too-long]"]),
    row("Missing Subject", "", &["PUT tag", "GET tag"], &["subject-absent"]),
    row("Nested Index", "", &[], &[]),
    row("No Layers", "", &["GET untyped"], &["manifest-content-type"]),
    row("Non-distributable Layers", "", &["GET tag"], &["layer-elsewhere[oci]"]),
    row("Sparse Manifests", "", &["GET tag 200"], &["sparse-index", "sparse-index-taken"]),
    row("Tag Param", "tag-parameters", &["PUT digest"], &["tag-parameters"]),
    row("Tag Param sha512", "", &[], &[]),
];
