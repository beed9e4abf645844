//! ListObjects (V1) and ListObjectsV2.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shakedown_faults::View;

use crate::auth::iso;
use crate::call::{Answer, Call};
use crate::error::S3Error;
use crate::listing::{Page, Window};
use crate::ops::buckets::owner;
use crate::ops::pages::{self, Names};
use crate::store::Object;
use crate::xml::XmlWriter;

pub(super) async fn v1(call: Call) -> Result<Answer, S3Error> {
    let names = Names::of(&call)?;
    let marker = call.query("marker").to_owned();
    let (window, page, says_next) = read(&call, Some(marker.clone()))?;
    let mut document = XmlWriter::new("ListBucketResult");
    head(&mut document, &call, names, &window, &page);
    document.text("Marker", names.write(&marker));
    // V1 names the next marker only with a delimiter; without one it is the last key.
    if page.truncated
        && says_next
        && window.delimiter.is_some()
        && let Some(last) = page.entries.last()
    {
        document.text("NextMarker", names.write(last.name()));
    }
    body(&mut document, names, &page, true);
    Ok(Answer::xml(document).noting(summary(&page)))
}

pub(super) async fn v2(call: Call) -> Result<Answer, S3Error> {
    let kind = call.query("list-type");
    if kind != "2" {
        return Err(S3Error::argument("list-type", kind, "Invalid List Type specified in Request"));
    }
    let names = Names::of(&call)?;
    let token = call.target.query.get("continuation-token");
    let start_after = call.query("start-after").to_owned();
    let after = match token {
        Some(token) => read_token(token)?,
        None => start_after.clone(),
    };
    let (window, page, says_next) = read(&call, Some(after))?;
    let mut document = XmlWriter::new("ListBucketResult");
    head(&mut document, &call, names, &window, &page);
    document.value("KeyCount", page.entries.len());
    if !start_after.is_empty() {
        document.text("StartAfter", names.write(&start_after));
    }
    if let Some(token) = token {
        document.text("ContinuationToken", token);
    }
    if page.truncated && says_next {
        let last = page.entries.last().map_or("", |entry| entry.name());
        document.text("NextContinuationToken", write_token(last));
    }
    body(&mut document, names, &page, call.query("fetch-owner") == "true");
    Ok(Answer::xml(document).noting(summary(&page)))
}

/// A token is opaque to clients, and ours cannot be mistaken for a key.
fn write_token(last: &str) -> String {
    format!("1{}", URL_SAFE_NO_PAD.encode(last))
}

fn read_token(token: &str) -> Result<String, S3Error> {
    let bytes = token.strip_prefix('1').and_then(|rest| URL_SAFE_NO_PAD.decode(rest).ok());
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| S3Error::argument("continuation-token", token, "The continuation token provided is incorrect"))
}

fn read(call: &Call, after: Option<String>) -> Result<(Window, Page<Arc<Object>>, bool), S3Error> {
    let delimiter = Some(call.query("delimiter").to_owned()).filter(|delimiter| !delimiter.is_empty());
    let window = Window {
        prefix: call.query("prefix").to_owned(),
        delimiter,
        after: after.filter(|after| !after.is_empty()),
        max: pages::length(call, "max-keys")?,
    };
    let faults = &call.orders.pages;
    let lens = call.lens(View::Objects);
    let mut page = call.store().list_objects(call.bucket(), &lens, &pages::misread(faults, &window))?;
    let says_next = pages::spoil(faults, &window.prefix, &mut page)?;
    Ok((window, page, says_next))
}

fn head(document: &mut XmlWriter, call: &Call, names: Names, window: &Window, page: &Page<Arc<Object>>) {
    document.text("Name", call.bucket()).text("Prefix", names.write(&window.prefix));
    if let Some(delimiter) = &window.delimiter {
        document.text("Delimiter", names.write(delimiter));
    }
    document.value("MaxKeys", window.max);
    if names.is_url() {
        document.text("EncodingType", "url");
    }
    document.value("IsTruncated", page.truncated);
}

fn body(document: &mut XmlWriter, names: Names, page: &Page<Arc<Object>>, with_owner: bool) {
    for (key, object) in page.items() {
        document.group("Contents", |entry| {
            entry
                .text("Key", names.write(key))
                .text("LastModified", iso(object.head.modified()))
                .text("ETag", object.head.quoted_etag())
                .value("Size", object.content.length());
            if with_owner {
                owner(entry, "Owner");
            }
            entry.text("StorageClass", "STANDARD");
        });
    }
    for prefix in page.prefixes() {
        document.group("CommonPrefixes", |entry| {
            entry.text("Prefix", names.write(prefix));
        });
    }
}

fn summary(page: &Page<Arc<Object>>) -> String {
    let (keys, prefixes) = (page.items().count(), page.prefixes().count());
    let more = if page.truncated { ", truncated" } else { "" };
    match prefixes {
        0 => format!("{keys} keys{more}"),
        _ => format!("{keys} keys, {prefixes} prefixes{more}"),
    }
}
