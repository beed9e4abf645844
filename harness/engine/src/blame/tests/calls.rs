//! Lists of calls by hand.

use shakedown_reports::{BodyInfo, Call, Check, FaultFired, Verdict};

const REPO: &str = "docker/registry/v2/repositories/lab/app";
const HEX: &str = "4f2a1b0c4f2a1b0c4f2a1b0c4f2a1b0c4f2a1b0c4f2a1b0c4f2a1b0c4f2a1b0c";

pub(super) const UPLOAD: &str = "/v2/lab/app/blobs/uploads/9ac3?_state=x";
pub(super) const COMMIT: &str =
    "/v2/lab/app/blobs/uploads/9ac3?digest=sha256%3A4f2a1b0c4f2a1b0c4f2a1b0c4f2a1b0c4f2a1b0c4f2a1b0c4f2a1b0c4f2a1b0c";
pub(super) const BLOB: &str =
    "/v2/lab/app/blobs/sha256:4f2a1b0c4f2a1b0c4f2a1b0c4f2a1b0c4f2a1b0c4f2a1b0c4f2a1b0c4f2a1b0c";

pub(super) fn upload_key(name: &str) -> String {
    format!("{REPO}/_uploads/9ac3/{name}")
}

pub(super) fn link_key() -> String {
    format!("{REPO}/_layers/sha256/{HEX}/link")
}

pub(super) fn blob_key() -> String {
    format!("docker/registry/v2/blobs/sha256/4f/{HEX}/data")
}

/// A failed check.
pub(super) fn failed(what: &str, expected: &str, actual: &str, call: Option<usize>) -> Check {
    Check {
        rules: vec![],
        what: what.into(),
        expected: expected.into(),
        actual: actual.into(),
        at: String::new(),
        verdict: Verdict::Failed,
        duty: String::new(),
        call,
    }
}

/// Calls in order; the methods that change something change the last one.
#[derive(Debug, Default)]
pub(super) struct Calls(pub(super) Vec<Call>);

impl Calls {
    /// A call of the client to the registry.
    pub(super) fn front(self, method: &str, path: &str, status: u16) -> Self {
        self.add("client", "registry", method, &format!("http://registry.test{path}"), status, None)
    }

    /// A call of the client to where a redirect led.
    pub(super) fn redirected(self, by: usize, method: &str, status: u16) -> Self {
        let uri = format!("http://s3.test/lab/{}?X-Amz-Signature=***", blob_key());
        self.add("client", "s3", method, &uri, status, Some(by))
    }

    /// A call of the registry to storage, answered as S3 does.
    pub(super) fn back(self, cause: usize, operation: &str, key: &str, status: u16) -> Self {
        let method = match operation {
            "PutObject" | "UploadPart" | "CopyObject" => "PUT",
            "CreateMultipartUpload" | "CompleteMultipartUpload" | "DeleteObjects" => "POST",
            "HeadObject" => "HEAD",
            _ => "GET",
        };
        let mut calls = self.add("registry", "s3", method, &format!("http://s3.test/lab/{key}"), status, Some(cause));
        let call = calls.last();
        call.operation = Some(operation.into());
        call.key = Some(key.into());
        let class = [("/_uploads/", "upload-data"), ("/_layers/", "link"), ("/blobs/", "blob-data")];
        call.key_class = class.iter().find(|(mark, _)| key.contains(mark)).map(|(_, class)| (*class).to_owned());
        let root = match operation {
            "CreateMultipartUpload" => "InitiateMultipartUploadResult",
            "ListMultipartUploads" => "ListMultipartUploadsResult",
            "ListObjects" | "ListObjectsV2" => "ListBucketResult",
            "CompleteMultipartUpload" => "CompleteMultipartUploadResult",
            "CopyObject" => "CopyObjectResult",
            "DeleteObjects" => "DeleteResult",
            _ => "",
        };
        match (status, root) {
            (..300, "") => calls,
            (..300, root) => calls.body(&format!("<{root}><Key>k</Key><Upload></Upload></{root}>")),
            (404, _) if method == "HEAD" => calls,
            (404, _) => calls.s3_error("NoSuchKey"),
            (503, _) => calls.s3_error("SlowDown"),
            (403, _) => calls.s3_error("AccessDenied"),
            _ => calls.s3_error("InternalError"),
        }
    }

    pub(super) fn s3_error(self, code: &str) -> Self {
        self.body(&format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code></Error>"))
    }

    pub(super) fn html(mut self, server: &str) -> Self {
        self.last().response_headers =
            vec![("Server".into(), server.into()), ("Content-Type".into(), "text/html".into())];
        self.body("<html><body><h1>404 Not Found</h1></body></html>")
    }

    pub(super) fn body(mut self, text: &str) -> Self {
        self.last().response_body =
            BodyInfo { bytes: text.len() as u64, digest: None, excerpt: text.into(), complete: true };
        self
    }

    pub(super) fn note(mut self, note: &str) -> Self {
        self.last().note = Some(note.into());
        self
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.last().response_headers.push((name.into(), value.into()));
        self
    }

    pub(super) fn sent_header(mut self, name: &str, value: &str) -> Self {
        self.last().request_headers.push((name.into(), value.into()));
        self
    }

    pub(super) fn fault(mut self, effect: &str, summary: &str) -> Self {
        self.last().faults.push(FaultFired { rule: 0, effect: effect.into(), summary: summary.into() });
        self
    }

    /// No answer, but this error.
    pub(super) fn lost(mut self, error: &str) -> Self {
        let call = self.last();
        (call.status, call.error) = (None, Some(error.into()));
        call.response_body = BodyInfo::default();
        self
    }

    pub(super) fn cut_after(mut self, bytes: u64) -> Self {
        self.last().request_body = BodyInfo { bytes, complete: false, ..BodyInfo::default() };
        self
    }

    pub(super) fn took(mut self, us: u64) -> Self {
        self.last().end_us = Some(us);
        self
    }

    fn last(&mut self) -> &mut Call {
        self.0.last_mut().expect("a call to change")
    }

    pub(super) fn add(
        mut self,
        from: &str,
        to: &str,
        method: &str,
        uri: &str,
        status: u16,
        caused_by: Option<usize>,
    ) -> Self {
        self.0.push(Call {
            from: from.into(),
            to: to.into(),
            caused_by,
            start_us: 0,
            end_us: Some(0),
            method: method.into(),
            uri: uri.into(),
            operation: None,
            key: None,
            key_class: None,
            status: Some(status),
            error: None,
            note: None,
            request_headers: vec![],
            response_headers: vec![],
            request_body: BodyInfo::default(),
            response_body: BodyInfo { complete: true, ..BodyInfo::default() },
            faults: vec![],
            log: vec![],
        });
        self
    }
}
