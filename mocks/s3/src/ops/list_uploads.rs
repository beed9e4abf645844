//! ListMultipartUploads.

use std::sync::Arc;

use shakedown_faults::View;

use crate::auth::iso;
use crate::call::{Answer, Call};
use crate::error::S3Error;
use crate::listing::{Entry, Page, Window};
use crate::ops::buckets::owner;
use crate::ops::pages::{self, Names};
use crate::store::{Head, Upload, micros};
use crate::xml::XmlWriter;

/// Keys of the uploads that a fault puts before all others sort before anything a registry writes.
const FOREIGN: &str = "!foreign/";

pub(super) async fn run(call: Call) -> Result<Answer, S3Error> {
    let names = Names::of(&call)?;
    let key_marker = call.query("key-marker").to_owned();
    // S3 ignores an upload-id-marker without a key-marker (INCIDENTS A04 lives from that).
    let id_marker = if key_marker.is_empty() { String::new() } else { call.query("upload-id-marker").to_owned() };
    let delimiter = Some(call.query("delimiter").to_owned()).filter(|delimiter| !delimiter.is_empty());
    let window = Window {
        prefix: call.query("prefix").to_owned(),
        delimiter,
        after: Some(key_marker.clone()).filter(|marker| !marker.is_empty()),
        max: pages::length(&call, "max-uploads")?,
    };
    let (page, says_next) = read(&call, &window, &id_marker)?;
    let mut document = XmlWriter::new("ListMultipartUploadsResult");
    document
        .text("Bucket", call.bucket())
        .text("KeyMarker", names.write(&key_marker))
        .text("UploadIdMarker", &id_marker);
    if page.truncated && says_next {
        next(&mut document, names, &page);
    }
    document.text("Prefix", names.write(&window.prefix));
    if let Some(delimiter) = &window.delimiter {
        document.text("Delimiter", names.write(delimiter));
    }
    document.value("MaxUploads", window.max);
    if names.is_url() {
        document.text("EncodingType", "url");
    }
    document.value("IsTruncated", page.truncated);
    body(&mut document, names, &page);
    let more = if page.truncated { ", truncated" } else { "" };
    Ok(Answer::xml(document).noting(format!("{} uploads{more}", page.items().count())))
}

fn read(call: &Call, window: &Window, id_marker: &str) -> Result<(Page<Arc<Upload>>, bool), S3Error> {
    let faults = &call.orders.pages;
    let misread = pages::misread(faults, window);
    let after_id = Some(id_marker).filter(|id| !id.is_empty() && misread.after.is_some());
    let mut page = foreign(call, &misread);
    if page.entries.len() < misread.max || misread.max == 0 {
        let rest = Window { max: misread.max - page.entries.len(), ..misread };
        let own = call.store().list_uploads(call.bucket(), &call.lens(View::Uploads), &rest, after_id)?;
        page.entries.extend(own.entries);
        page.truncated = own.truncated;
    }
    let says_next = pages::spoil(faults, &window.prefix, &mut page)?;
    Ok((page, says_next))
}

/// The foreign uploads that stand before everything else, whatever the prefix; one page of them.
fn foreign(call: &Call, window: &Window) -> Page<Arc<Upload>> {
    let count = call.orders.foreign_uploads;
    let initiated = micros(call.now());
    let all = (0..count).map(|number| format!("{FOREIGN}{number:08}"));
    let after = window.after.clone().unwrap_or_default();
    let mut rest = all.filter(|key| *key > after).peekable();
    let mut page = Page { entries: Vec::new(), truncated: false };
    while page.entries.len() < window.max
        && let Some(key) = rest.next()
    {
        let id = format!("foreign{}", &key[FOREIGN.len()..]);
        let head = Head { modified_us: initiated, ..Head::default() };
        let upload = Upload { key: key.clone(), id, order: 0, head, foreign: true };
        page.entries.push(Entry::Item(key, Arc::new(upload)));
    }
    // If the page is full, there is more: at least what stands behind the foreign ones is not known to be empty.
    page.truncated = window.max > 0 && page.entries.len() == window.max;
    page
}

fn next(document: &mut XmlWriter, names: Names, page: &Page<Arc<Upload>>) {
    let (key, id) = match page.entries.last() {
        Some(Entry::Item(key, upload)) => (key.as_str(), upload.id.as_str()),
        Some(Entry::Prefix(prefix)) => (prefix.as_str(), ""),
        None => ("", ""),
    };
    document.text("NextKeyMarker", names.write(key)).text("NextUploadIdMarker", id);
}

fn body(document: &mut XmlWriter, names: Names, page: &Page<Arc<Upload>>) {
    for (key, upload) in page.items() {
        document.group("Upload", |entry| {
            entry.text("Key", names.write(key)).text("UploadId", &upload.id);
            owner(entry, "Initiator");
            owner(entry, "Owner");
            entry.text("StorageClass", "STANDARD").text("Initiated", iso(upload.head.modified()));
        });
    }
    for prefix in page.prefixes() {
        document.group("CommonPrefixes", |entry| {
            entry.text("Prefix", names.write(prefix));
        });
    }
}
