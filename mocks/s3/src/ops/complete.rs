//! CompleteMultipartUpload: parts become an object, under S3's rules about their order, ETags and sizes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::call::{Answer, Call};
use crate::checksum::{Algorithm, multipart_etag};
use crate::conditions;
use crate::config::Limits;
use crate::error::{Code, S3Error};
use crate::request;
use crate::store::{Content, Head, Object, Part, micros};
use crate::xml::{self, Element, XmlWriter};

pub(super) async fn run(mut call: Call) -> Result<Answer, S3Error> {
    call.need_bucket()?;
    let body = call.payload().collect(xml::MAX_BYTES).await?;
    let listed = listed_parts(&body)?;
    let (bucket, key, id) = (call.bucket(), call.key(), call.query("uploadId"));
    let (upload, stored) = match call.store().upload(bucket, key, id) {
        Ok(found) => found,
        Err(error) => return repeated(&call).ok_or(error),
    };
    let parts = chosen(&call.config.limits, &listed, &stored)?;
    let etag = multipart_etag(parts.iter().map(|part| part.head.etag.as_str()));
    let content = Content::join(parts.iter().map(|part| &part.content));
    let head = Head { etag, modified_us: micros(call.now()), headers: upload.head.headers.clone(), ..Head::default() };
    let answer = result(&call, &head.etag).noting(format!("{} parts, {} bytes", parts.len(), content.length()));
    if !call.orders.not_applied {
        let headers = &call.headers;
        let check = |existing: Option<&Object>| conditions::check_write(headers, existing);
        call.store().complete_upload((bucket, key, id), Object::new(head, content), call.writing(), check)?;
    }
    Ok(answer)
}

/// The answer to a repetition, if the store is told to be as patient as AWS (INCIDENTS A11).
fn repeated(call: &Call) -> Option<Answer> {
    if !call.config.complete_idempotent {
        return None;
    }
    let finished = call.store().finished(call.bucket(), call.key(), call.query("uploadId"))?;
    Some(result(call, &finished.etag).noting("already completed"))
}

fn result(call: &Call, etag: &str) -> Answer {
    let host = request::host(&call.uri, &call.headers);
    let mut document = XmlWriter::new("CompleteMultipartUploadResult");
    let location = match call.target.virtual_host {
        true => format!("http://{host}/{}", call.key()),
        false => format!("http://{host}/{}/{}", call.bucket(), call.key()),
    };
    document
        .text("Location", location)
        .text("Bucket", call.bucket())
        .text("Key", call.key())
        .text("ETag", format!("\"{etag}\""));
    Answer::xml(document)
}

/// One `<Part>` of the request.
struct Listed {
    number: u32,
    etag: String,
    checksum: Option<(Algorithm, String)>,
}

/// The parts of the request; none at all is not valid (INCIDENTS A12).
fn listed_parts(body: &[u8]) -> Result<Vec<Listed>, S3Error> {
    let request = Element::parse(body, "CompleteMultipartUpload")?;
    let parts: Option<Vec<Listed>> = request.children.iter().filter(|child| child.name == "Part").map(listed).collect();
    parts.filter(|parts| !parts.is_empty()).ok_or_else(|| Code::MalformedXML.into())
}

fn listed(part: &Element) -> Option<Listed> {
    let checksum =
        Algorithm::ALL.into_iter().find_map(|algorithm| Some((algorithm, part.child(algorithm.element())?.to_owned())));
    Some(Listed {
        number: part.child("PartNumber")?.trim().parse().ok()?,
        etag: part.child("ETag")?.trim().trim_matches('"').to_owned(),
        checksum,
    })
}

/// The stored parts in the order of the request, if S3's rules allow it.
fn chosen<'a>(
    limits: &Limits,
    listed: &[Listed],
    stored: &'a BTreeMap<u32, Arc<Part>>,
) -> Result<Vec<&'a Part>, S3Error> {
    if listed.windows(2).any(|pair| pair[0].number >= pair[1].number) {
        return Err(Code::InvalidPartOrder.into());
    }
    let mut parts = Vec::with_capacity(listed.len());
    for wanted in listed {
        let found = stored.get(&wanted.number).filter(|part| part.head.etag == wanted.etag).filter(|part| {
            // A checksum that is stated must be the one that was stored.
            wanted.checksum.as_ref().is_none_or(|(algorithm, value)| {
                part.head.checksums.get(algorithm.header()).is_none_or(|stored| stored == value)
            })
        });
        let part = found.ok_or_else(|| {
            S3Error::from(Code::InvalidPart).with("PartNumber", wanted.number).with("ETag", &wanted.etag)
        })?;
        parts.push(part.as_ref());
    }
    let last = parts.len() - 1;
    for (part, wanted) in parts[..last].iter().zip(listed) {
        let size = part.content.length();
        if size < limits.min_part {
            return Err(S3Error::from(Code::EntityTooSmall)
                .with("ProposedSize", size)
                .with("MinSizeAllowed", limits.min_part)
                .with("PartNumber", wanted.number)
                .with("ETag", &wanted.etag));
        }
        if limits.equal_parts && size != parts[0].content.length() {
            return Err(S3Error::new(Code::InvalidPart, "All non-trailing parts must have the same length."));
        }
    }
    Ok(parts)
}
