//! The incident catalogue's blocks A, B and C, each said as faults: what was seen in the field can be written in a scenario file.
//! Blocks that are settings of the mock (limits, strictness) or of the clock have no line here.

use shakedown_faults::Fault;

const SAID: &[(&str, &str)] = &[
    (
        "A01",
        "{ on: s3, when: { operation: CreateMultipartUpload }, effect: { visible-after: { what: multipart-uploads, delay: 2200ms } } }",
    ),
    (
        "A01",
        "{ on: s3, when: { operation: CreateMultipartUpload }, effect: { visible-after: { what: multipart-uploads, looks: 2 } } }",
    ),
    (
        "A01",
        "{ on: s3, when: { operation: CreateMultipartUpload }, effect: { visible-after: { what: multipart-uploads, never: true } } }",
    ),
    ("A02", "{ on: s3, when: { operation: ListMultipartUploads }, effect: { delay: { fixed: 2250ms, at: reply } } }"),
    (
        "A02",
        "{ on: s3, when: { operation: ListMultipartUploads }, effect: { all: [{ page: snapshot }, { delay: 2250ms }] } }",
    ),
    (
        "A03",
        "{ on: s3, when: { operation: ListMultipartUploads }, effect: { all: [{ foreign-uploads: 1000 }, { page: ignore-prefix }] } }",
    ),
    ("A03", "{ on: s3, when: { operation: ListMultipartUploads, key: '**/app/**' }, effect: { page: empty } }"),
    ("A04", "{ on: s3, when: { operation: ListMultipartUploads }, effect: { page: stuck } }"),
    ("A05", "{ on: s3, when: { operation: ListMultipartUploads }, effect: { page: exact-prefix } }"),
    (
        "A05",
        "{ on: s3, when: { operation: ListMultipartUploads }, effect: { answer: { status: 501, body: { xml: { code: NotImplemented } } } } }",
    ),
    ("A06", "{ on: s3, when: { operation: CreateMultipartUpload }, effect: foreign-upload }"),
    (
        "A07",
        "{ on: s3, when: { operation: PutObject, key-class: started-at }, effect: { visible-after: { what: object, delay: 400ms } } }",
    ),
    ("A08", "{ on: s3, when: { operation: UploadPart }, effect: access-denied }"),
    ("A08", "{ on: s3, when: { operation: UploadPart, at-most: 4 }, effect: slow-down }"),
    ("A08", "{ on: s3, when: { operation: UploadPart, nth: 1 }, effect: reset }"),
    ("A08", "{ on: s3, when: { operation: UploadPart }, effect: no-etag }"),
    ("A08", "{ on: s3, when: { operation: UploadPart }, effect: not-applied }"),
    (
        "A09",
        "{ on: s3, when: { operation: [PutObject, CompleteMultipartUpload] }, effect: { visible-after: { what: listing, delay: 1s } } }",
    ),
    ("A10", "{ on: s3, when: { operation: CompleteMultipartUpload }, effect: { ok-with-error: InternalError } }"),
    (
        "A10",
        "{ on: s3, when: { operation: CompleteMultipartUpload }, effect: { ok-with-error: { code: SlowDown, padding: 50 } } }",
    ),
    ("A10", "{ on: s3, when: { operation: CompleteMultipartUpload }, effect: { not-applied: html } }"),
    (
        "A11",
        "{ on: s3, when: { operation: CompleteMultipartUpload, nth: 1 }, effect: { lost-reply: { status: 503 } } }",
    ),
    ("A11", "{ on: s3, when: { operation: CompleteMultipartUpload, nth: 1 }, effect: { lost-reply: rst } }"),
    ("A13", "{ on: s3, when: { operation: [CopyObject, UploadPartCopy] }, effect: ok-with-error }"),
    ("A14", "{ on: s3, when: { operation: CopyObject }, effect: { not-applied: html } }"),
    (
        "A15",
        "{ on: s3, when: { operation: PutObject, key-class: [link, started-at, manifest] }, effect: { not-applied: empty } }",
    ),
    ("A16", "{ on: s3, when: { operation: DeleteObjects }, effect: delete-errors }"),
    ("A16", "{ on: s3, when: { operation: DeleteObjects }, effect: access-denied }"),
    ("A17", "{ on: s3, when: { operation: ListParts }, effect: { page: { size: 2 } } }"),
    ("A21", "{ on: s3, when: { header: { expect: 100-continue } }, effect: { answer: { status: 403, early: true } } }"),
    ("A21", "{ on: s3, when: { header: { expect: 100-continue } }, effect: { answer: { status: 417, early: true } } }"),
    ("A23", "{ on: s3, when: { operation: CompleteMultipartUpload }, effect: { delay: 4s } }"),
    (
        "B01",
        "{ on: s3, when: { operation: [GetObject, HeadObject], when-answer: { status: 404 } }, effect: { answer: { status: 404, body: html } } }",
    ),
    (
        "B02",
        "{ on: s3, when: { when-answer: { status: 404 } }, effect: { answer: { status: 404, body: { xml: {} } } } }",
    ),
    ("B02", "{ on: s3, when: { when-answer: { status: 404 } }, effect: { content-type: text/html } }"),
    ("B02", "{ on: s3, when: { when-answer: { status: 404 } }, effect: { answer: 404 } }"),
    ("B03", "{ on: s3, when: { operation: GetObject, when-answer: { status: 404 } }, effect: access-denied }"),
    ("B04", "{ on: s3, when: { method: GET }, effect: { answer: { status: 401, body: html } } }"),
    ("B04", "{ on: s3, when: { method: GET }, effect: { answer: { status: 403, body: { page: waf-403 } } } }"),
    ("B05", "{ on: s3, when: { calls: { to: 2 } }, effect: slow-down }"),
    ("B05", "{ on: s3, effect: { answer: { status: 429, headers: { retry-after: 2 } } } }"),
    ("B05", "{ on: s3, when: { probability: 0.1 }, effect: { answer: { status: 502, body: { page: nginx-502 } } } }"),
    (
        "B06",
        "{ on: s3, when: { operation: ListObjects }, effect: { answer: { status: 200, body: { page: captive-portal-200 } } } }",
    ),
    ("B07", "{ on: s3, when: { operation: CreateMultipartUpload }, effect: { not-applied: html } }"),
    (
        "B08",
        "{ on: s3, when: { operation: GetObject, key-class: link }, effect: { answer: { status: 200, body: html } } }",
    ),
    ("B09", "{ on: s3, when: { operation: ListObjects }, effect: { truncate: 200B } }"),
    (
        "B09",
        "{ on: s3, when: { operation: ListObjects }, effect: { body: { replace: '<?xml version=\"1.0\"?><ListBucketResult><Cont' } } }",
    ),
    ("B10", "{ on: s3, effect: { clock-skew: 16m } }"),
    ("B11", "{ on: s3, when: { until-event: credentials-changed }, effect: expired-token }"),
    ("B11", "{ on: s3, effect: { answer: { status: 400, body: { xml: { code: AuthorizationHeaderMalformed } } } } }"),
    ("B11", "{ on: s3, effect: { redirect: 301 } }"),
    (
        "B12",
        "{ on: s3, when: { operation: [ListObjects, ListObjectsV2], window: { from: 1s, to: 4s } }, effect: access-denied }",
    ),
    ("C01", "{ on: s3, when: { query: { X-Amz-Signature: '*' } }, effect: access-denied }"),
    ("C01", "{ on: s3, when: { method: HEAD, query: { X-Amz-Signature: '*' } }, effect: access-denied }"),
    ("C01", "{ on: s3, when: { header: { authorization: null } }, effect: access-denied }"),
    ("C02", "{ on: s3, when: { method: HEAD }, effect: { request-method: GET } }"),
    (
        "C03",
        "{ on: s3, when: { query: { X-Amz-Signature: '*' } }, effect: { request-header: { set: { host: backend.internal } } } }",
    ),
    ("C07", "{ on: registry, when: { path: /v2/*/blobs/* }, effect: { header: { remove: docker-content-digest } } }"),
    ("C08", "{ on: s3, when: { operation: GetObject }, effect: { negative-cache: 60s } }"),
    ("C08", "{ on: s3, when: { method: HEAD }, effect: { header: { remove: content-length } } }"),
];

#[test]
fn incidents_can_be_said() {
    for (id, yaml) in SAID {
        let fault: Fault = serde_saphyr::from_str(yaml).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_eq!(fault.problems(), Vec::<String>::new(), "{id}: {yaml}");
        let written = serde_saphyr::to_string(&fault).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_eq!(serde_saphyr::from_str::<Fault>(&written).ok().as_ref(), Some(&fault), "{id}: {written}");
    }
}
