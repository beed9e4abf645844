//! The operations: one line each in [`OPERATIONS`], one file each (or for a small family). What is not in the table is answered 501.

mod buckets;
mod complete;
mod copy;
mod delete;
mod get;
mod list_objects;
mod list_parts;
mod list_uploads;
mod pages;
mod put;
mod uploads;

pub(crate) use buckets::is_bucket_name;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Method};

use crate::call::{Answer, Call};
use crate::error::S3Error;
use crate::request::Target;

/// What an operation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    Service,
    Bucket,
    Object,
}

/// How a request is carried out.
pub(crate) type Handler = fn(Call) -> BoxFuture<'static, Result<Answer, S3Error>>;

/// One operation: how it is recognised and who carries it out.
pub(crate) struct Operation {
    /// S3's name.
    pub(crate) name: &'static str,
    method: Method,
    on: On,
    /// The sub-resources that must be in the query, no others.
    marks: &'static [&'static str],
    /// Whether it has `x-amz-copy-source`.
    copies: bool,
    /// Whether it reads the request's body itself.
    pub(crate) reads_body: bool,
    pub(crate) run: Handler,
}

/// `method on [marks] flags => name, handler`.
macro_rules! operations {
    ($($method:ident $on:ident [$($mark:literal),*] $(copies $copies:literal)? $(body $body:literal)? => $name:literal $run:path;)*) => {
        /// All operations.
        pub(crate) static OPERATIONS: &[Operation] = &[$(Operation {
            name: $name,
            method: Method::$method,
            on: On::$on,
            marks: &[$($mark),*],
            copies: false $(|| $copies)?,
            reads_body: false $(|| $body)?,
            run: |call| $run(call).boxed(),
        }),*];
    };
}

operations! {
    GET    Service []                                      => "ListBuckets"             buckets::list;
    HEAD   Bucket  []                                      => "HeadBucket"              buckets::head;
    PUT    Bucket  []                          body true   => "CreateBucket"            buckets::create;
    DELETE Bucket  []                                      => "DeleteBucket"            buckets::delete;
    GET    Bucket  ["location"]                            => "GetBucketLocation"       buckets::location;
    GET    Bucket  []                                      => "ListObjects"             list_objects::v1;
    GET    Bucket  ["list-type"]                           => "ListObjectsV2"           list_objects::v2;
    GET    Bucket  ["uploads"]                             => "ListMultipartUploads"    list_uploads::run;
    POST   Bucket  ["delete"]                  body true   => "DeleteObjects"           delete::many;
    PUT    Object  []                          body true   => "PutObject"               put::object;
    PUT    Object  []             copies true              => "CopyObject"              copy::object;
    GET    Object  []                                      => "GetObject"               get::get;
    HEAD   Object  []                                      => "HeadObject"              get::head;
    DELETE Object  []                                      => "DeleteObject"            delete::one;
    POST   Object  ["uploads"]                             => "CreateMultipartUpload"   uploads::create;
    PUT    Object  ["partNumber", "uploadId"]  body true   => "UploadPart"              put::part;
    PUT    Object  ["partNumber", "uploadId"] copies true  => "UploadPartCopy"          copy::part;
    POST   Object  ["uploadId"]                body true   => "CompleteMultipartUpload" complete::run;
    DELETE Object  ["uploadId"]                            => "AbortMultipartUpload"    uploads::abort;
    GET    Object  ["uploadId"]                            => "ListParts"               list_parts::run;
}

/// Query names that select another operation (or one we do not have).
const SUB_RESOURCES: [&str; 40] = [
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "list-type",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "partNumber",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "select-type",
    "session",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
    "append",
    "compose",
    "renameObject",
];

/// The operation a request asks for.
pub(crate) fn find(method: &Method, target: &Target, headers: &HeaderMap) -> Option<&'static Operation> {
    let on = match (target.bucket.is_empty(), target.key.is_empty()) {
        (true, _) => On::Service,
        (false, true) => On::Bucket,
        (false, false) => On::Object,
    };
    let marks: Vec<&str> = SUB_RESOURCES.into_iter().filter(|name| target.query.has(name)).collect();
    let copies = on == On::Object && method == Method::PUT && headers.contains_key("x-amz-copy-source");
    OPERATIONS.iter().find(|operation| {
        operation.method == *method && operation.on == on && operation.marks == marks && operation.copies == copies
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::S3Config;

    fn name(method: Method, uri: &str, copies: bool) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        if copies {
            headers.insert("x-amz-copy-source", "/lab/a".parse().unwrap());
        }
        let target = Target::of(&S3Config::default(), &uri.parse().unwrap(), &headers).unwrap();
        find(&method, &target, &headers).map(|operation| operation.name)
    }

    #[test]
    fn requests_are_recognised() {
        for (method, uri, copies, want) in [
            (Method::GET, "/", false, Some("ListBuckets")),
            (Method::GET, "/lab?prefix=a&max-keys=1", false, Some("ListObjects")),
            (Method::GET, "/lab/?list-type=2&start-after=", false, Some("ListObjectsV2")),
            (Method::GET, "/lab?uploads&prefix=a", false, Some("ListMultipartUploads")),
            (Method::PUT, "/lab/a?partNumber=1&uploadId=x", false, Some("UploadPart")),
            (Method::PUT, "/lab/a?uploadId=x&partNumber=1", true, Some("UploadPartCopy")),
            (Method::PUT, "/lab/a", true, Some("CopyObject")),
            (Method::PUT, "/lab/a?x-id=PutObject", false, Some("PutObject")),
            (Method::POST, "/lab?delete", false, Some("DeleteObjects")),
            (Method::GET, "/lab/a?response-content-type=x&X-Amz-Signature=y", false, Some("GetObject")),
            (Method::GET, "/lab?acl", false, None),
            (Method::GET, "/lab/a?versionId=1", false, None),
            (Method::POST, "/lab/a", false, None),
            (Method::PATCH, "/lab/a", false, None),
        ] {
            assert_eq!(name(method.clone(), uri, copies), want, "{method} {uri}");
        }
    }

    #[test]
    fn the_marks_of_the_table_are_known_and_sorted_as_found() {
        for operation in OPERATIONS {
            let known: Vec<&str> = SUB_RESOURCES.into_iter().filter(|name| operation.marks.contains(name)).collect();
            assert_eq!(known, operation.marks, "{}", operation.name);
        }
    }
}
