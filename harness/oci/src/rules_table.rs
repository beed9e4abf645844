//! The rules of the OCI distribution specification (text of July 2026, after 1.1.1), one line each in our own words.
//! Not here: how to look one up (`rules`).

use crate::rules::Before::{Absent, Same, Weaker};
use crate::rules::Level::{Must, MustNot, Should, ShouldNot};
use crate::rules::Side::{Both as B, Client as C, Registry as R};
use crate::rules::{Before, Level, Rule, Side};

const fn same(id: &'static str, level: Level, side: Side, requirement: &'static str) -> Rule {
    rule(id, level, side, Same, requirement)
}

const fn rule(id: &'static str, level: Level, side: Side, before: Before, requirement: &'static str) -> Rule {
    Rule { id, level, side, requirement, before }
}

/// In the order of the specification.
#[rustfmt::skip] // a table: one line per rule
pub(crate) static RULES: &[Rule] = &[
    // Historical context
    same("HC1", ShouldNot, C, "depend on Docker headers that the specification does not describe"),
    same("HC2", ShouldNot, C, "depend on the schema 1 error codes TAG_INVALID and MANIFEST_UNVERIFIED"),
    // Which categories of the API a registry has
    same("RQ1", Must, R, "every API of the Pull category is there"),
    same("RQ2", Should, R, "the Push, Content Discovery and Content Management categories are there, too"),
    same("RQ3", Must, R, "a category that is claimed is there as a whole"),
    // Pulling manifests
    same("PM1", Must, B, "the last part of a manifest URL is a digest or a tag"),
    same("PM2", MustNot, B, "the last part of a manifest URL has any other form"),
    same("PM3", Must, B, "repository names match the grammar of <name>"),
    same("PM4", Must, B, "tags have at most 128 characters and match the grammar"),
    same("PM5", Should, C, "requests for manifests say in Accept which types the client understands"),
    same("PM6", ShouldNot, R, "the Content-Type of a manifest carries parameters such as charset"),
    same("PM7", Should, C, "parameters on the Content-Type of a manifest are ignored"),
    same("PM8", Should, R, "a manifest is returned with the Content-Type it was pushed with"),
    same("PM9", Should, C, "a manifest whose mediaType differs from its Content-Type is refused"),
    same("PM10", Must, R, "GET of an existing manifest: 200 and the pushed bytes"),
    rule("PM11", Must, R, Weaker(Should), "GET of a manifest carries Docker-Content-Digest"),
    same("PM12", Must, C, "Docker-Content-Digest is compared with the bytes before it is relied on"),
    same("PM13", Should, C, "a manifest that was asked for by digest is compared with that digest"),
    same("PM14", Must, R, "GET of an unknown manifest: 404"),
    // Pulling blobs
    same("PB1", Must, R, "GET of an existing blob: 200 and the pushed bytes"),
    rule("PB2", Must, R, Weaker(Should), "GET of a blob carries Docker-Content-Digest"),
    same("PB3", Must, R, "Docker-Content-Digest of a blob is a digest of the body that follows"),
    same("PB4", Must, C, "Docker-Content-Digest is compared with the bytes before it is relied on"),
    same("PB5", Should, C, "the bytes of a blob are compared with the digest that was asked for"),
    same("PB6", Must, R, "GET of an unknown blob: 404"),
    same("PB7", Should, R, "byte ranges of a blob can be requested as in RFC 9110 section 14"),
    // Checking whether content exists
    same("EX1", Must, R, "HEAD of an existing blob or manifest: 200"),
    rule("EX2", Must, R, Weaker(Should), "HEAD carries Docker-Content-Digest"),
    rule("EX3", Must, R, Weaker(Should), "HEAD carries the content's size as Content-Length"),
    same("EX4", Must, R, "HEAD of an unknown blob or manifest: 404"),
    // Pushing
    same("PU1", Must, R, "a manifest is taken even though its subject does not exist"),
    same("PU2", Must, R, "a manifest refused for missing blobs is refused with MANIFEST_BLOB_UNKNOWN"),
    rule("BL1", Should, R, Absent, "a digest that is malformed or of an unsupported algorithm: 400"),
    same("PP1", Must, R, "POST that begins an upload: 202 with Location"),
    same("PP2", Must, R, "the Location of an upload holds a unique id"),
    same("PP3", Should, C, "the closing PUT goes to exactly the Location that was given"),
    same("PP4", ShouldNot, C, "the client puts the Location of an upload together itself"),
    same("PP5", Must, R, "PUT that closes an upload: 201 with a Location from which the blob can be pulled"),
    same("SP1", Must, C, "a blob in a single POST has a Content-Length that matches"),
    same("SP2", Must, B, "a blob in a single POST has a digest that matches"),
    same("SP3", Should, B, "without support for single POST: 202 with Location, and the client goes on with PUT"),
    same("SP4", Must, R, "a single POST that is supported: 201 with a Location that can be pulled"),
    // Pushing in chunks
    same("CH1", Must, C, "the POST that begins a chunked upload has Content-Length: 0"),
    rule("CH2", Should, C, Absent, "digest-algorithm tells a registry when the digest will not be SHA-256"),
    same("CH3", Should, R, "a least size of chunks is told as OCI-Chunk-Min-Length"),
    same("CH4", Must, C, "the range of a chunk includes its last byte"),
    same("CH5", Must, B, "the first chunk begins at byte 0"),
    same("CH6", Must, B, "Content-Range of a chunk is <start>-<end> in digits, without a unit"),
    same("CH7", Should, C, "chunks but the last are at least OCI-Chunk-Min-Length long"),
    same("CH8", Must, R, "PATCH that takes a chunk: 202 with Location and Range: 0-<end> over all bytes so far"),
    same("CH9", Should, C, "each request goes to the Location of the answer before it"),
    same("CH10", Must, B, "chunks are uploaded in order"),
    same("CH11", Must, R, "a chunk that does not follow the last one: 416"),
    same("CH12", Must, C, "an upload is closed by PUT"),
    same("CH13", Must, B, "the closing PUT carries the digest of the whole blob"),
    same("CH14", Must, R, "the closing PUT: 201 with a Location that can be pulled"),
    rule("CH15", Must, R, Absent, "a last chunk in the closing PUT that does not follow: 416"),
    same("CH16", Must, R, "GET of an upload: 204 with Location and Range"),
    same("CH17", Should, C, "an upload is resumed at the Location that GET returned"),
    // Cancelling an upload
    rule("CA1", Should, R, Absent, "DELETE of an upload: 204"),
    rule("CA2", Should, C, Absent, "an upload that is given up is cancelled"),
    rule("CA3", Should, C, Absent, "a failure to cancel is ignored"),
    rule("CA4", Should, R, Absent, "uploads that nobody finishes time out"),
    // Mounting
    same("MO1", Must, R, "a blob mounted from another repository: 201 with a Location that can be pulled"),
    same("MO2", Should, C, "Docker-Content-Digest of a mount is compared with the digest asked for"),
    same("MO3", Should, R, "a mount that is not possible begins an upload: 202 with Location"),
    // Pushing manifests
    same("MP1", Should, C, "a manifest is pushed with a Content-Type"),
    same("MP2", ShouldNot, C, "the Content-Type of a pushed manifest carries parameters"),
    same("MP3", Should, R, "parameters on the Content-Type of a pushed manifest are ignored"),
    same("MP4", Should, C, "manifests have a mediaType field"),
    same("MP5", Must, C, "Content-Type equals the mediaType field"),
    same("MP6", Must, B, "a manifest is pushed to a digest or a tag"),
    same("MP7", Must, C, "a manifest references the blobs that were uploaded"),
    same("MP8", Must, R, "a manifest is stored byte for byte as it was pushed"),
    same("MP9", Must, R, "PUT of a manifest: 201 with a Location from which it can be pulled"),
    same("MP10", Must, R, "Docker-Content-Digest of the 201 is the digest the client used"),
    same("MP11", Should, C, "Docker-Content-Digest of the 201 is compared with the pushed bytes"),
    rule("MP12", Should, R, Absent, "at least ten tag parameters are accepted in one push"),
    rule("MP13", Must, R, Absent, "each accepted tag parameter is confirmed by an OCI-Tag header"),
    same("MP14", Must, R, "pull of a manifest from a repository that does not exist: 404"),
    same("MP15", Should, R, "the size of manifests has a limit"),
    same("MP16", Should, R, "a manifest over the limit: 413"),
    same("MP17", Should, B, "manifests of 4 MB and more are possible"),
    // Manifests with a subject
    same("MS1", Must, R, "a registry with the referrers API answers a subject with OCI-Subject"),
    same("MS2", Must, C, "without OCI-Subject the referrers tag is updated by the client"),
    same("MS3", Should, C, "something other than an index under the referrers tag is reported"),
    same("MS4", Must, C, "an absent referrers tag is an empty index"),
    same("MS5", ShouldNot, C, "a manifest is listed twice under the referrers tag"),
    same("MS6", Must, C, "the list entry copies artifactType"),
    same("MS7", Must, C, "without artifactType the list entry copies the config's mediaType"),
    same("MS8", Must, C, "the list entry copies the annotations"),
    // Listing tags
    same("TL1", Must, R, "GET tags/list of an existing repository: 200"),
    same("TL2", Must, R, "tags are listed in lexical or ASCIIbetical order"),
    same("TL3", Must, R, "the list is JSON with name and tags"),
    same("TL4", Must, R, "n: exactly n tags, unless there are fewer or a Link follows"),
    same("TL5", Must, R, "Link to the next page as in RFC 5988 with rel=\"next\""),
    same("TL6", Must, R, "n=0: an empty list and no Link"),
    same("TL7", Must, R, "with n the order is the same"),
    same("TL8", Must, C, "last is a tag, never a position"),
    same("TL9", Must, R, "with last the list goes on after it, in the same order"),
    // Listing referrers
    same("RL1", Must, R, "GET referrers of any valid digest: 200"),
    same("RL2", MustNot, R, "a registry with the referrers API answers 404"),
    same("RL3", Must, R, "referrers of an invalid digest: 400"),
    same("RL4", Must, R, "referrers are listed as an image index"),
    same("RL5", Must, R, "the list of referrers has the Content-Type of an OCI index"),
    same("RL6", Must, R, "a list entry has the manifest's artifactType"),
    same("RL7", Must, R, "without artifactType a list entry has the config's mediaType"),
    same("RL8", Must, R, "an index without artifactType is listed without one"),
    same("RL9", Must, R, "a list entry has the manifest's annotations"),
    same("RL10", Must, R, "no referrers: an empty list"),
    same("RL11", Must, R, "a list that does not fit goes on at a Link"),
    same("RL12", Must, R, "the Link of referrers is as in RFC 5988"),
    same("RL13", Should, R, "referrers can be filtered by artifactType"),
    same("RL14", Must, R, "a filter that was applied is told in OCI-Filters-Applied"),
    same("RL15", Must, R, "several applied filters are separated by commas"),
    same("RL16", Must, C, "404 of the referrers API leads to the referrers tag"),
    same("RL17", Should, C, "the referrers tag is read as if the API had answered"),
    same("RL18", Should, C, "neither API nor tag: there are no referrers"),
    // Deleting
    same("DT1", Must, R, "DELETE of a tag: 202"),
    same("DT2", Must, R, "tag deletion that is switched off: 400 or 405"),
    same("DM1", Must, R, "DELETE of a manifest: 202"),
    same("DM2", Must, R, "DELETE of a manifest in an unknown repository: 404"),
    same("DM3", Must, R, "manifest deletion that is switched off: 400 or 405"),
    same("DM4", Should, C, "after deleting a referrer the referrers tag is updated"),
    same("DB1", Must, R, "DELETE of a blob: 202"),
    same("DB2", Must, R, "DELETE of an unknown blob: 404"),
    same("DB3", Must, R, "blob deletion that is switched off: 400 or 405"),
    // Proxies
    rule("PX1", Should, C, Absent, "ns is the host that the name would begin with"),
    rule("PX2", Should, C, Absent, "ns names the primary source, not a mirror"),
    rule("PX3", Should, R, Absent, "a registry that uses ns returns OCI-Namespace"),
    rule("PX4", Should, C, Absent, "the client knows which registries are proxies"),
    rule("PX5", Should, C, Absent, "ns is not sent to registries that are no proxies"),
    rule("PX6", ShouldNot, C, Absent, "credentials of the upstream are sent to a proxy"),
    // Backwards compatibility
    same("BC1", Must, C, "registries that have a part of the specification or an older one are supported"),
    same("BC2", Must, C, "the fallback procedures are followed"),
    same("BC3", Must, C, "after pushing a subject the client verifies that referrers are supported"),
    same("BC4", Must, C, "404 of the referrers API leads to the fallback"),
    same("RT1", Must, C, "the referrers tag is <algorithm>-<encoded> of the subject's digest"),
    same("RT2", Must, C, "the algorithm in the referrers tag is cut at 32 characters"),
    same("RT3", Must, C, "the encoded part in the referrers tag is cut at 64 characters"),
    // Upgrading
    same("UG1", Must, R, "referrers that were pushed under the tag schema appear in the new API"),
    same("UG2", Must, R, "new manifests with a subject appear in the API"),
    // The API as a whole
    same("AP1", Should, B, "where the specification is silent, RFC 9110 holds"),
    rule("AP2", MustNot, C, Absent, "Authorization goes along when a redirect (which is followed) leads to another host"),
    // Errors
    same("ER1", Must, R, "an error body in JSON has the errors[] shape"),
    same("ER2", Must, R, "an error's code has upper-case letters and underscores only"),
    same("ER3", Should, R, "an error's message can be read by people"),
    same("ER4", Must, R, "an error's code is one of the table"),
    rule("ER5", Should, R, Absent, "429 carries Retry-After"),
    // Warnings
    same("WN1", Must, R, "a Warning is 299 - \"text\", without agent and date"),
    same("WN2", MustNot, R, "one answer has more than 4096 bytes of warnings"),
    same("WN3", Should, C, "warnings are shown to the user"),
    same("WN4", Should, C, "equal warnings are shown once"),
    same("WN5", MustNot, C, "the client changes what it does because of a warning"),
];
