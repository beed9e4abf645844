//! One S3 call before it is signed: operation, address, headers, payload. Not here: sending and judging.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use shakedown_s3call::{encode_key, encode_value};

use super::Payload;

/// The operations this client uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Op {
    GetObject,
    HeadObject,
    PutObject,
    CopyObject,
    DeleteObject,
    DeleteObjects,
    ListObjectsV2,
    CreateMultipartUpload,
    UploadPart,
    UploadPartCopy,
    CompleteMultipartUpload,
    AbortMultipartUpload,
    ListParts,
    ListMultipartUploads,
}

impl Op {
    /// S3's name of the operation.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::GetObject => "GetObject",
            Self::HeadObject => "HeadObject",
            Self::PutObject => "PutObject",
            Self::CopyObject => "CopyObject",
            Self::DeleteObject => "DeleteObject",
            Self::DeleteObjects => "DeleteObjects",
            Self::ListObjectsV2 => "ListObjectsV2",
            Self::CreateMultipartUpload => "CreateMultipartUpload",
            Self::UploadPart => "UploadPart",
            Self::UploadPartCopy => "UploadPartCopy",
            Self::CompleteMultipartUpload => "CompleteMultipartUpload",
            Self::AbortMultipartUpload => "AbortMultipartUpload",
            Self::ListParts => "ListParts",
            Self::ListMultipartUploads => "ListMultipartUploads",
        }
    }

    fn method(self) -> Method {
        match self {
            Self::GetObject | Self::ListObjectsV2 | Self::ListParts | Self::ListMultipartUploads => Method::GET,
            Self::HeadObject => Method::HEAD,
            Self::PutObject | Self::CopyObject | Self::UploadPart | Self::UploadPartCopy => Method::PUT,
            Self::DeleteObject | Self::AbortMultipartUpload => Method::DELETE,
            Self::DeleteObjects | Self::CreateMultipartUpload | Self::CompleteMultipartUpload => Method::POST,
        }
    }

    /// Work that grows with the object and may rightly take long.
    pub(crate) fn is_slow(self) -> bool {
        matches!(self, Self::CompleteMultipartUpload | Self::CopyObject | Self::UploadPartCopy)
    }

    /// Calls whose 404 means that the multipart upload is gone, whatever the store calls it (RGW says NoSuchKey).
    pub(crate) fn needs_upload(self) -> bool {
        matches!(self, Self::UploadPart | Self::CompleteMultipartUpload | Self::AbortMultipartUpload | Self::ListParts)
    }
}

/// One call.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) op: Op,
    pub(crate) method: Method,
    /// The object key; empty for calls on the bucket.
    pub(crate) key: String,
    /// The key or the prefix, for classification in logs.
    pub(crate) about: String,
    query: Vec<(&'static str, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Payload,
}

impl Call {
    /// A call on an object.
    pub(crate) fn on_key(op: Op, key: &str) -> Self {
        Self {
            op,
            method: op.method(),
            key: key.to_owned(),
            about: key.to_owned(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            payload: Payload::none(),
        }
    }

    /// A call on the bucket, about a prefix.
    pub(crate) fn on_bucket(op: Op, about: &str) -> Self {
        Self { about: about.to_owned(), ..Self::on_key(op, "") }
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// With a body, guarded by Content-MD5.
    pub(crate) fn payload(mut self, payload: Payload) -> Self {
        self = self.header("content-md5", &payload.md5_base64());
        self.payload = payload;
        self
    }

    /// With a large body, guarded by the signature, or a CRC where that leaves it out; by Content-MD5, too, if the ETag will be compared
    /// with it anyway.
    pub(crate) fn part(mut self, payload: Payload, wants_md5: bool) -> Self {
        if wants_md5 {
            return self.payload(payload);
        }
        if !payload.is_signed() {
            self = self.header("x-amz-checksum-crc64nvme", &payload.crc64_base64());
        }
        self.payload = payload;
        self
    }

    /// Path and query below the endpoint, percent-encoded as SigV4 wants it, the query sorted.
    pub(crate) fn path_and_query(&self, base_path: &str, bucket: &str) -> String {
        let mut target = format!("{}/{}", base_path.trim_end_matches('/'), encode_value(bucket));
        if !self.key.is_empty() {
            target.push('/');
            target.push_str(&encode_key(&self.key));
        }
        let mut query = self.query.clone();
        query.sort();
        for (at, (name, value)) in query.iter().enumerate() {
            target.push(if at == 0 { '?' } else { '&' });
            target.push_str(&format!("{name}={}", encode_value(value)));
        }
        target
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_encoded_once_and_queries_sorted() {
        let call = Call::on_key(Op::UploadPart, "a b/_c=1").query("uploadId", "x/y").query("partNumber", "3");
        assert_eq!(call.path_and_query("/", "lab"), "/lab/a%20b/_c%3D1?partNumber=3&uploadId=x%2Fy");
        assert_eq!(Call::on_bucket(Op::ListObjectsV2, "p").path_and_query("/base/", "lab"), "/base/lab");
    }
}
