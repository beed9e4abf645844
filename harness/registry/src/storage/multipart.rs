//! Multipart uploads: create, parts, complete, abort, ranged copies. Every acknowledgement is checked.

use super::answer::Expect;
use super::call::{Call, Op};
use super::client::Storage;
use super::outcome::{Flaw, Kind, StorageError};
use super::payload::Payload;
use crate::context::Context;
use crate::defects::patch_acks_before_stored;
use shakedown_s3call::xml;

/// Times a part is sent again that was acknowledged without proof.
const RESENDS: u32 = 3;

/// A part that the store holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) number: u32,
    pub(crate) size: u64,
    pub(crate) etag: String,
}

impl Storage {
    /// Begins an upload; gives its id.
    pub(crate) async fn create_upload(&self, cx: &Context, key: &str) -> Result<String, StorageError> {
        let call = Call::on_key(Op::CreateMultipartUpload, key)
            .query("uploads", "")
            .header("content-type", "application/octet-stream");
        let answer = self.call(cx, &call, Expect::Xml("InitiateMultipartUploadResult")).await?;
        match answer.xml.text_of("UploadId").filter(|id| !id.is_empty()) {
            Some(id) => Ok(id.to_owned()),
            None => Err(self.failed(cx, &call, 1, Flaw::not_s3(answer.status, "no UploadId"))),
        }
    }

    /// Stores one part and gives its ETag; believed only with proof (incident A08).
    pub(crate) async fn upload_part(
        &self,
        cx: &Context,
        key: &str,
        upload: &str,
        number: u32,
        payload: &Payload,
    ) -> Result<String, StorageError> {
        let call = Call::on_key(Op::UploadPart, key)
            .query("partNumber", number.to_string())
            .query("uploadId", upload)
            .part(payload.clone(), self.etags_are_md5());
        for _ in 0..=RESENDS {
            let answer = self.call(cx, &call, Expect::Done).await?;
            let etag = answer.etag();
            if self.proves(&answer.headers, payload) || self.defects().has(&patch_acks_before_stored::DEFECT) {
                return Ok(etag.unwrap_or_default());
            }
            let listed = self.find_part(cx, key, upload, number, payload.len()).await?;
            let is_ours = |listed: &Part| listed.etag == payload.md5_hex() || etag.as_ref() == Some(&listed.etag);
            if let Some(listed) = listed.filter(is_ours) {
                if listed.etag != payload.md5_hex() {
                    self.note_foreign_etags();
                }
                return Ok(listed.etag);
            }
        }
        Err(self.failed(
            cx,
            &call,
            RESENDS + 1,
            Flaw::new(Kind::NotVisible, "a part was acknowledged, but is not in the upload"),
        ))
    }

    async fn find_part(
        &self,
        cx: &Context,
        key: &str,
        upload: &str,
        number: u32,
        size: u64,
    ) -> Result<Option<Part>, StorageError> {
        let page = self.list_parts(cx, key, upload, Some(&(number - 1).to_string())).await?;
        Ok(page.into_iter().find(|part| part.number == number && part.size == size))
    }

    /// One page of parts after `marker`.
    pub(crate) async fn list_parts(
        &self,
        cx: &Context,
        key: &str,
        upload: &str,
        marker: Option<&str>,
    ) -> Result<Vec<Part>, StorageError> {
        let mut call = Call::on_key(Op::ListParts, key).query("uploadId", upload);
        if let Some(marker) = marker {
            call = call.query("part-number-marker", marker);
        }
        let xml = self.call(cx, &call, Expect::Xml("ListPartsResult")).await?.xml;
        let parts = xml.all("Part").filter_map(|part| {
            let etag = part.text_of("ETag")?.trim_matches('"').to_ascii_lowercase();
            Some(Part {
                number: part.text_of("PartNumber")?.parse().ok()?,
                size: part.text_of("Size")?.parse().ok()?,
                etag,
            })
        });
        Ok(parts.collect())
    }

    /// Joins the parts. The caller looks at the object afterwards: a lost reply shows as `UploadGone` (incidents A10, A11).
    pub(crate) async fn complete_upload(
        &self,
        cx: &Context,
        key: &str,
        upload: &str,
        etags: &[String],
    ) -> Result<(), StorageError> {
        let parts: String = etags
            .iter()
            .zip(1_u32..)
            .filter(|(etag, _)| !etag.is_empty())
            .map(|(etag, number)| {
                let number = xml::element("PartNumber", &number.to_string());
                format!("<Part>{number}{}</Part>", xml::element("ETag", &format!("\"{etag}\"")))
            })
            .collect();
        let body = format!(
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{parts}</CompleteMultipartUpload>"
        );
        let call = Call::on_key(Op::CompleteMultipartUpload, key)
            .query("uploadId", upload)
            .header("content-type", "application/xml")
            .payload(Payload::of(body));
        self.call(cx, &call, Expect::Xml("CompleteMultipartUploadResult")).await.map(|_| ())
    }

    /// Gives up an upload; one that is gone is fine.
    pub(crate) async fn abort_upload(&self, cx: &Context, key: &str, upload: &str) -> Result<(), StorageError> {
        let call = Call::on_key(Op::AbortMultipartUpload, key).query("uploadId", upload);
        match self.call(cx, &call, Expect::Done).await {
            Err(error) if error.kind() != Kind::UploadGone => Err(error),
            _ => Ok(()),
        }
    }

    /// Copies an object of `size` bytes in ranges of `step` bytes: above CopyObject's limit (incident A18).
    pub(crate) async fn copy_in_ranges(
        &self,
        cx: &Context,
        from: &str,
        to: &str,
        size: u64,
        step: u64,
    ) -> Result<(), StorageError> {
        let upload = self.create_upload(cx, to).await?;
        let copied = self.copy_ranges(cx, from, to, &upload, (size, step)).await;
        if copied.is_err() {
            // Nobody else knows this upload; if it cannot be given up now, a lifecycle rule has to.
            let _ = self.abort_upload(cx, to, &upload).await;
        }
        copied
    }

    async fn copy_ranges(
        &self,
        cx: &Context,
        from: &str,
        to: &str,
        upload: &str,
        (size, step): (u64, u64),
    ) -> Result<(), StorageError> {
        let mut etags = Vec::new();
        let mut start = 0;
        while start < size {
            let end = size.min(start + step) - 1;
            let call = Call::on_key(Op::UploadPartCopy, to)
                .query("partNumber", (etags.len() + 1).to_string())
                .query("uploadId", upload)
                .header("x-amz-copy-source", &self.copy_source(from))
                .header("x-amz-copy-source-range", &format!("bytes={start}-{end}"));
            let answer = self.call(cx, &call, Expect::Xml("CopyPartResult")).await?;
            match answer.xml.text_of("ETag") {
                Some(etag) => etags.push(etag.trim_matches('"').to_owned()),
                None => {
                    return Err(self.failed(cx, &call, 1, Flaw::not_s3(answer.status, "no ETag of the copied part")));
                }
            }
            start = end + 1;
        }
        match self.complete_upload(cx, to, upload, &etags).await {
            // The reply was lost: the caller looks at the destination anyway.
            Err(error) if error.kind() == Kind::UploadGone => Ok(()),
            other => other,
        }
    }
}
