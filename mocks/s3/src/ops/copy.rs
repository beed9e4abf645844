//! CopyObject and UploadPartCopy. A copy shares the bytes of its source.

use std::sync::Arc;

use crate::auth::iso;
use crate::call::{Answer, Call};
use crate::conditions;
use crate::error::{Code, S3Error};
use crate::metadata;
use crate::ops::put::part_number;
use crate::range::copy_range;
use crate::request::decode;
use crate::store::{Content, Head, Object, micros};
use crate::xml::XmlWriter;

pub(super) async fn object(call: Call) -> Result<Answer, S3Error> {
    call.need_bucket()?;
    call.need_allowed_headers()?;
    let source = source(&call)?;
    need_copyable(&call, source.content.length())?;
    let replaces = call.header("x-amz-metadata-directive").is_some_and(|directive| directive == "REPLACE");
    // A copy is one object again: its ETag is the MD5 of its bytes even if the source was made of parts.
    let etag = match source.head.etag.contains('-') {
        true => call.etag_of(&source.content).await?,
        false => source.head.etag.clone(),
    };
    let headers = if replaces { metadata::kept(&call.headers) } else { source.head.headers.clone() };
    let head = Head { etag, modified_us: micros(call.now()), headers, checksums: source.head.checksums.clone() };
    let answer = result("CopyObjectResult", &head).noting(format!("{} bytes", source.content.length()));
    if !call.orders.not_applied {
        let object = Object::new(head, source.content.clone());
        let headers = &call.headers;
        let check = |existing: Option<&Object>| conditions::check_write(headers, existing);
        call.store().put_object(call.bucket(), call.key(), object, call.writing(), check)?;
    }
    Ok(answer)
}

pub(super) async fn part(call: Call) -> Result<Answer, S3Error> {
    let number = part_number(&call)?;
    let at = (call.bucket(), call.key(), call.query("uploadId"));
    call.store().upload(at.0, at.1, at.2)?;
    let source = source(&call)?;
    let content = part_content(&call, &source)?;
    need_copyable(&call, content.length())?;
    let etag = call.etag_of(&content).await?;
    let head = Head { etag, modified_us: micros(call.now()), ..Head::default() };
    let answer = result("CopyPartResult", &head).noting(format!("part {number}, {} bytes", content.length()));
    if !call.orders.not_applied {
        call.store().put_part(at, number, Object::new(head, content), call.writing())?;
    }
    Ok(answer)
}

/// The object of `x-amz-copy-source`: `bucket/key` with or without a leading slash, URL-encoded or not.
fn source(call: &Call) -> Result<Arc<Object>, S3Error> {
    let text = call.header("x-amz-copy-source").unwrap_or_default();
    let invalid = || {
        S3Error::argument(
            "x-amz-copy-source",
            text,
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
        )
    };
    let path = text.strip_suffix("?versionId=null").unwrap_or(text);
    let path = decode(path)?;
    let (bucket, key) = path.strip_prefix('/').unwrap_or(&path).split_once('/').ok_or_else(invalid)?;
    if bucket.is_empty() || key.is_empty() {
        return Err(invalid());
    }
    let object = call.visible_object(bucket, key)?;
    conditions::check_copy_source(&call.headers, &object)?;
    Ok(object)
}

fn part_content(call: &Call, source: &Object) -> Result<Content, S3Error> {
    let Some(text) = call.header("x-amz-copy-source-range") else { return Ok(source.content.clone()) };
    let range = copy_range(text).ok_or_else(|| {
        let message = "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the \
                       zero-based offsets of the first and last bytes to copy";
        S3Error::argument("x-amz-copy-source-range", text, message)
    })?;
    let size = source.content.length();
    if range.end > size {
        let message = format!("Range specified is not valid for source object of size: {size}");
        return Err(S3Error::argument("x-amz-copy-source-range", text, message));
    }
    Ok(source.content.slice(range))
}

fn need_copyable(call: &Call, length: u64) -> Result<(), S3Error> {
    let limit = call.config.limits.max_copy;
    if length <= limit {
        return Ok(());
    }
    let message =
        format!("The specified copy source is larger than the maximum allowable size for a copy source: {limit}");
    Err(S3Error::new(Code::InvalidRequest, message))
}

fn result(root: &'static str, head: &Head) -> Answer {
    let mut document = XmlWriter::new(root);
    document.text("LastModified", iso(head.modified())).text("ETag", head.quoted_etag());
    Answer::xml(document)
}
