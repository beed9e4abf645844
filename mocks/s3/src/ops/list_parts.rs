//! ListParts.

use shakedown_faults::{PageFault, View};

use crate::auth::iso;
use crate::call::{Answer, Call};
use crate::checksum::Algorithm;
use crate::error::{Code, S3Error};
use crate::ops::buckets::owner;
use crate::ops::pages::{self, Names};
use crate::xml::XmlWriter;

pub(super) async fn run(call: Call) -> Result<Answer, S3Error> {
    let names = Names::of(&call)?;
    let id = call.query("uploadId");
    let marker = call.target.query.number("part-number-marker", 0)?;
    let asked = pages::length(&call, "max-parts")?;
    let mut plan =
        Plan { after: marker, max: asked, truncated: false, says_next: true, empty: false, empty_is_error: false };
    call.orders.pages.iter().for_each(|fault| plan.spoil(fault));
    let at = (call.bucket(), call.key(), id);
    let (mut parts, more) = call.store().list_parts(at, &call.lens(View::Parts), plan.after, plan.max)?;
    if plan.empty {
        parts.clear();
    }
    if plan.empty_is_error && parts.is_empty() {
        return Err(Code::InternalError.into());
    }
    let truncated = plan.truncated || (more && !plan.empty);
    let mut document = XmlWriter::new("ListPartsResult");
    document.text("Bucket", call.bucket()).text("Key", names.write(call.key())).text("UploadId", id);
    owner(&mut document, "Initiator");
    owner(&mut document, "Owner");
    document.text("StorageClass", "STANDARD").value("PartNumberMarker", marker);
    if plan.says_next {
        document.value("NextPartNumberMarker", parts.last().map_or(0, |(number, _)| *number));
    }
    document.value("MaxParts", asked).value("IsTruncated", truncated);
    for (number, part) in &parts {
        document.group("Part", |entry| {
            entry
                .value("PartNumber", number)
                .text("LastModified", iso(part.head.modified()))
                .text("ETag", part.head.quoted_etag())
                .value("Size", part.content.length());
            for algorithm in Algorithm::ALL {
                if let Some(value) = part.head.checksums.get(algorithm.header()) {
                    entry.text(algorithm.element(), value);
                }
            }
        });
    }
    let more = if truncated { ", truncated" } else { "" };
    Ok(Answer::xml(document).noting(format!("{} parts{more}", parts.len())))
}

/// How the page is read and told, after the page faults.
struct Plan {
    after: u32,
    max: usize,
    truncated: bool,
    says_next: bool,
    empty: bool,
    empty_is_error: bool,
}

impl Plan {
    fn spoil(&mut self, fault: &PageFault) {
        match fault {
            PageFault::Stuck => {
                self.after = 0;
                self.truncated = true;
            }
            PageFault::NoNextMarker => {
                self.truncated = true;
                self.says_next = false;
            }
            PageFault::Size(size) => self.max = self.max.min(usize::try_from(*size).unwrap_or(usize::MAX)),
            PageFault::Empty => self.empty = true,
            PageFault::EmptyIsError => self.empty_is_error = true,
            // Parts have no prefix; a snapshot is a matter of the lens.
            PageFault::IgnorePrefix | PageFault::ExactPrefix | PageFault::Snapshot => {}
        }
    }
}
