//! The incident catalogue as data: what goes wrong with registries over object storage, by the ids that scenarios name in
//! `seen:`. One line each; the story is in the scenarios.

/// One kind of incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incident {
    /// Stable id: block letter and number, e.g. `A01`.
    pub id: &'static str,
    /// A name for files and tags, e.g. `async-multipart-create`.
    pub slug: &'static str,
    /// What happens, in one line.
    pub title: &'static str,
}

impl Incident {
    /// The incident called `id`, or by its slug.
    pub fn find(id: &str) -> Option<&'static Self> {
        INCIDENTS.iter().find(|incident| incident.id == id || incident.slug == id)
    }

    /// What the block of this incident is about.
    pub fn block(&self) -> &'static str {
        match self.id.as_bytes()[0] {
            b'A' => "upload path against S3",
            b'B' => "error bodies and status mapping",
            b'C' => "redirects and signed URLs",
            b'D' => "upload session protocol",
            b'E' => "gateways, proxies, load balancers",
            b'F' => "tokens",
            b'G' => "caches, deletion, garbage collection",
            b'H' => "pull path",
            b'I' => "manifests and tags",
            b'J' => "Swift, disaster recovery, the rest",
            _ => "naive registries",
        }
    }
}

/// All incidents, by id.
pub fn incidents() -> &'static [Incident] {
    INCIDENTS
}

const fn seen(id: &'static str, slug: &'static str, title: &'static str) -> Incident {
    Incident { id, slug, title }
}

#[rustfmt::skip] // a table: one line per incident
static INCIDENTS: &[Incident] = &[
    seen("A01", "async-multipart-create", "S3 lists a new multipart upload late; PATCH answers 500"),
    seen("A02", "slow-list-multipart", "the list of multipart uploads is slow, and every chunk pays for it"),
    seen("A03", "multipart-list-truncated", "with over 1000 open uploads the list no longer shows ours"),
    seen("A04", "multipart-list-endless", "a list page that repeats itself keeps the registry in a loop"),
    seen("A05", "multipart-list-prefix-exact", "the store lists uploads only for the exact key"),
    seen("A06", "two-uploads-one-key", "a stranger's upload with the same key is taken for ours"),
    seen("A07", "startedat-not-yet-readable", "the session marker cannot be read right after it was written"),
    seen("A08", "part-lost-patch-202", "a part is lost, and PATCH is acknowledged all the same"),
    seen("A09", "list-after-put-stale", "an object that can be read is not yet listed"),
    seen("A10", "complete-200-with-error", "CompleteMultipartUpload answers 200 with an error in its body"),
    seen("A11", "complete-reply-lost", "the upload was completed, but the answer got lost"),
    seen("A12", "empty-blob-malformedxml", "an empty blob completes an upload without parts"),
    seen("A13", "copy-200-with-error", "CopyObject answers 200 with an error in its body"),
    seen("A14", "copy-200-html-lost", "CopyObject answers 200 with HTML; the source is deleted and the data gone"),
    seen("A15", "write-acked-not-stored", "PutObject answers 200 and stores nothing"),
    seen("A16", "delete-after-copy-fails", "cleaning up after a copy fails, and the push with it"),
    seen("A17", "parts-over-1000", "ListParts has more than one page"),
    seen("A18", "part-number-over-10000", "a blob needs more parts, or a larger copy, than S3 allows"),
    seen("A19", "equal-part-sizes", "the store wants all parts but the last of one size (R2)"),
    seen("A20", "entity-too-small", "chunks under the least part size cost dozens of storage calls"),
    seen("A21", "expect-100-continue", "the store does not send 100 Continue, or refuses before the body"),
    seen("A22", "client-gone-s3-goes-on", "the client is gone, and the registry goes on calling the store"),
    seen("A23", "complete-slow-client-retries", "completing is slow, and the client repeats the PUT meanwhile"),
    seen("B01", "html-404-from-gateway", "a gateway replaces S3's XML 404 by an HTML page; the registry answers 500"),
    seen("B02", "404-body-variants", "a 404 without a readable NoSuchKey becomes a 500"),
    seen("B03", "s3-403-accessdenied", "S3 says 403 where a key is missing and listing is not granted"),
    seen("B04", "s3-401-html", "the store refuses with a 401 or 403 in HTML"),
    seen("B05", "slowdown-503", "the store throttles or stumbles; clients see a plain 500"),
    seen("B06", "list-200-html", "a list answered with 200 and HTML looks like an empty bucket"),
    seen("B07", "create-200-html-panic", "CreateMultipartUpload answers 200 with HTML; the handler panics"),
    seen("B08", "link-get-200-html", "a link object is answered with 200 and HTML"),
    seen("B09", "list-xml-broken", "a list is cut in the middle or holds control characters"),
    seen("B10", "request-time-too-skewed", "the clocks differ too much for a signature"),
    seen("B11", "expired-token", "credentials expired, wrong region, or a redirect without Location"),
    seen("B12", "storage-health-503", "a failing storage health check turns the whole registry off"),
    seen("B13", "error-detail-leak", "an error body shows the inside of the store"),
    seen("C01", "redirect-403", "the client follows a redirect to the store, which refuses it"),
    seen("C02", "presigned-head-get-mismatch", "a URL signed for GET is used with HEAD"),
    seen("C03", "presigned-host-rewrite", "the store sees another Host than the one that was signed"),
    seen("C04", "presigned-internal-endpoint", "a signed URL names a host that only the registry can reach"),
    seen("C05", "presigned-expired", "a signed URL is used after it expired"),
    seen("C06", "authorization-forwarded", "the client sends its Authorization to the store, too"),
    seen("C07", "redirect-drops-headers", "after a redirect Docker-Content-Digest is missing"),
    seen("C08", "redirect-range", "a cache keeps a 404, or answers ranges and HEAD wrongly"),
    seen("D01", "state-hmac-mismatch", "another replica does not accept the upload's state"),
    seen("D02", "state-query-lost", "the query of the upload's Location gets lost"),
    seen("D03", "chunk-out-of-order", "a chunk does not follow the last one, and is taken"),
    seen("D04", "chunk-replayed", "a chunk is sent twice"),
    seen("D05", "range-bytes-prefix", "a range of an upload is written with a unit"),
    seen("D06", "range-not-cumulative", "the Range of a 202 is off by one or not cumulative"),
    seen("D07", "range-0-0-ambiguous", "Range: 0-0 means no bytes, or one"),
    seen("D08", "chunk-too-large-416", "a chunk is refused for its size, with 416"),
    seen("D09", "wrong-digest-kills-session", "after a wrong digest the upload cannot be closed with the right one"),
    seen("D10", "duplicate-put-blob", "the closing PUT is repeated because its answer got lost"),
    seen("D11", "two-patches-at-once", "two chunks of one upload are sent at the same time"),
    seen("D12", "client-vanishes-mid-patch", "the client disappears in the middle of a chunk"),
    seen("D13", "slow-loris-upload", "an upload sends one byte and falls silent"),
    seen("D14", "upload-location-ignored", "clients ask by digest instead of following the Location of the 201"),
    seen("D15", "sha512-upload", "a blob is pushed by its SHA-512 digest"),
    seen("D16", "mount-fallback", "a mount that is not possible ends the push instead of beginning an upload"),
    seen("D17", "post-digest-monolithic", "a blob in a single POST is not supported"),
    seen("D18", "upload-cancel", "an upload is cancelled, or purged while it is written"),
    seen("E01", "location-http-behind-tls", "behind TLS the Location still says http"),
    seen("E02", "location-port-lost", "the Location lacks the port, or names the backend"),
    seen("E03", "body-limit-413-html", "a gateway limits bodies and answers 413 in HTML"),
    seen("E04", "gateway-503-429-no-retry", "a gateway answers 503 or 429, and the client gives up"),
    seen("E05", "waf-403-html", "a firewall dislikes the content and answers 403 in HTML"),
    seen("E06", "portal-200-html", "a portal answers 200 with HTML to everything"),
    seen("E07", "gzip-by-gateway", "a gateway compresses blobs on the way"),
    seen("E08", "trailing-slash", "a gateway rewrites paths; a redirect turns POST into GET"),
    seen("E09", "early-answer-reset", "the answer comes before the body is read and gets lost in a reset"),
    seen("E10", "proxy-env-pollution", "proxy and credential variables of the environment reach the registry"),
    seen("E11", "replica-health-401", "a load balancer takes the 401 of /v2/ for a sick replica"),
    seen("F01", "token-expires-mid-push", "the token expires in the middle of a push"),
    seen("F02", "token-refused-after-body", "an expired token is refused after a large body was sent"),
    seen("F03", "token-clock-skew", "the token is not valid yet on the registry's clock"),
    seen("F04", "token-server-broken", "the token server answers nonsense, slowly or not at all"),
    seen("F05", "insufficient-scope", "the token does not cover what is asked for"),
    seen("F06", "challenge-behind-proxy", "the realm of the challenge cannot be reached from outside"),
    seen("G01", "storage-swap-stale-cache", "the storage was exchanged, and a cache still knows the old content"),
    seen("G02", "redis-flushdb-cures", "the descriptor cache is wrong until it is emptied"),
    seen("G03", "redis-down", "the descriptor cache is gone or slow"),
    seen("G04", "soft-delete-then-repush", "content pushed again after a collection is thought to be there"),
    seen("G05", "gc-races-push", "a collection runs between the blobs and their manifest"),
    seen("G06", "gc-eats-list-children", "a collection deletes the children of a tagged index"),
    seen("G07", "gc-stops-on-bad-link", "one broken link ends a collection half way"),
    seen("G08", "ui-delay", "a tag list shows a push or a delete late"),
    seen("G09", "dedupe-stub-200-empty", "a blob that is not empty is served with Content-Length 0"),
    seen("H01", "headers-200-body-none", "200 with the full Content-Length, and then no bytes"),
    seen("H02", "blob-truncated-in-flight", "the store cuts a blob in the middle"),
    seen("H03", "blob-truncated-at-rest", "the stored blob is shorter than what was pushed"),
    seen("H04", "pull-through-shared-ttl", "a layer expires for one repository and is gone for another"),
    seen("H05", "pull-through-upstream-cut", "the upstream breaks off, and an error lands inside the blob"),
    seen("H06", "pull-through-hides-status", "a pull-through cache turns every upstream trouble into 404"),
    seen("H07", "pull-through-stampede", "one missing blob is fetched several times at once"),
    seen("H08", "pull-through-offline", "the upstream is down"),
    seen("H09", "blob-range", "byte ranges of blobs, at and beyond their edges"),
    seen("I01", "manifest-content-type-varies", "the Content-Type of a manifest is not the one it was pushed with"),
    seen("I02", "oci-manifest-404-by-accept", "an OCI manifest is 404 unless Accept names it"),
    seen("I03", "pull-404-by-digest", "a tag is listed, but its manifest is gone"),
    seen("I04", "zero-length-link", "a link object is empty, or holds more than a digest"),
    seen("I05", "manifest-bytes-broken", "the stored manifest is empty or cut"),
    seen("I06", "manifest-child-missing", "a manifest references content that is not there"),
    seen("I07", "manifest-put-tag-write-fails", "the manifest is stored, its tag is not"),
    seen("I08", "duplicate-manifest-put", "one manifest is pushed twice, or one tag from two sides, at once"),
    seen("I09", "manifest-type-mismatch", "the type does not match the manifest, or the manifest is too large"),
    seen("I10", "tags-pagination-link", "the Link of a list is relative, internal or malformed"),
    seen("I11", "multi-arch-extra-entries", "an index lists attestations beside its images"),
    seen("I12", "head-manifest-without-length", "HEAD of a manifest lacks length or digest"),
    seen("J01", "swift-401-then-400", "after re-authentication a spent body is sent again"),
    seen("J02", "swift-segments-late", "segments of a large object are listed late"),
    seen("J03", "dr-switch-missing-objects", "after a switch to the other site some objects are missing"),
    seen("J04", "rootdirectory-mismatch", "the registry looks under another prefix than the one in use"),
    seen("J05", "put-manifest-side-effects", "a slow notification endpoint delays the push"),
    seen("J06", "path-style", "the store is addressed path-style or by virtual host"),
    seen("K01", "naive-range-own-chunk", "Range tells the last chunk alone, and is off by one"),
    seen("K02", "naive-content-range-ignored", "Content-Range is ignored, so a replayed chunk is appended twice"),
    seen("K03", "naive-no-digest-check", "a blob is stored under a digest it does not have"),
    seen("K04", "naive-range-request-500", "a Range request is answered with 500"),
    seen("K05", "naive-monolithic-put-500", "the body of a closing PUT is ignored, which ends in 500"),
    seen("K06", "naive-head-blob-length-0", "HEAD of a blob: 200 with Content-Length 0 and no digest"),
    seen("K07", "naive-head-manifest-html", "HEAD of a manifest: text/html, length 0"),
    seen("K08", "naive-no-mediatype-500", "a manifest without mediaType is taken, and then answered with 500"),
    seen("K09", "naive-tag-sha256", "a tag called sha256 collides with the directory of digests"),
    seen("K10", "naive-404-empty-body", "404 with an empty body"),
    seen("K11", "naive-missing-blobs-accepted", "a manifest whose blobs are missing is taken"),
    seen("K12", "naive-post-range-unit", "POST answers Range with a unit"),
    seen("K13", "naive-bodies-in-memory", "whole bodies are kept in memory"),
    seen("K14", "naive-patch-range-unit", "PATCH answers Range with a unit"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_count_up_in_every_block() {
        let sizes = [23, 13, 8, 18, 11, 6, 9, 9, 12, 6, 14];
        let ids: Vec<_> = incidents().iter().map(|incident| incident.id.to_owned()).collect();
        let expected: Vec<_> = ('A'..='K')
            .zip(sizes)
            .flat_map(|(block, size)| (1..=size).map(move |n| format!("{block}{n:02}")))
            .collect();
        assert_eq!(ids, expected);
        let mut slugs: Vec<_> = incidents().iter().map(|incident| incident.slug).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), expected.len());
    }

    #[test]
    fn incidents_are_found_by_id_and_slug() {
        assert_eq!(Incident::find("A01"), Incident::find("async-multipart-create"));
        assert_eq!(Incident::find("C06").unwrap().block(), "redirects and signed URLs");
        assert!(Incident::find("Z99").is_none());
    }
}
