//! CreateMultipartUpload and AbortMultipartUpload.

use http::StatusCode;

use crate::call::{Answer, Call};
use crate::error::S3Error;
use crate::metadata;
use crate::store::{Head, Writing, micros};
use crate::xml::XmlWriter;

pub(super) async fn create(call: Call) -> Result<Answer, S3Error> {
    call.need_bucket()?;
    call.need_allowed_headers()?;
    let ids = &call.mock.inner.ids;
    let limit = call.config.limits.max_uploads;
    let open = |foreign: bool, writing: Writing| {
        let head = Head { modified_us: micros(call.now()), headers: metadata::kept(&call.headers), ..Head::default() };
        call.store().create_upload(
            call.bucket(),
            call.key(),
            head,
            foreign,
            writing,
            (limit, |order| ids.upload(order)),
        )
    };
    if call.orders.foreign_upload {
        open(true, Writing { at: call.elapsed(), hides: Vec::new() })?;
    }
    let id = if call.orders.not_applied { ids.upload(call.store().seq() + 1) } else { open(false, call.writing())? };
    let mut document = XmlWriter::new("InitiateMultipartUploadResult");
    document.text("Bucket", call.bucket()).text("Key", call.key()).text("UploadId", &id);
    let mut answer = Answer::xml(document);
    for name in ["x-amz-checksum-algorithm", "x-amz-checksum-type"] {
        if let Some(value) = call.header(name) {
            answer = answer.header(name, value);
        }
    }
    Ok(answer)
}

pub(super) async fn abort(call: Call) -> Result<Answer, S3Error> {
    let (bucket, key, id) = (call.bucket(), call.key(), call.query("uploadId"));
    if call.orders.not_applied {
        call.store().upload(bucket, key, id)?;
    } else {
        call.store().abort_upload(bucket, key, id, call.writing())?;
    }
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}
