//! DeleteObject and DeleteObjects.

use http::{HeaderMap, StatusCode};

use crate::call::{Answer, Call};
use crate::conditions;
use crate::error::{Code, S3Error};
use crate::request::check_key;
use crate::store::Object;
use crate::xml::{self, Element, XmlWriter};

/// Most keys of one DeleteObjects.
const MAX_KEYS: usize = 1000;

pub(super) async fn one(call: Call) -> Result<Answer, S3Error> {
    call.need_bucket()?;
    remove(&call, call.key(), &call.headers)?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn remove(call: &Call, key: &str, conditions: &HeaderMap) -> Result<(), S3Error> {
    check_key(key)?;
    if !call.orders.not_applied {
        let check = |existing: Option<&Object>| conditions::check_delete(conditions, existing);
        call.store().delete_object(call.bucket(), key, call.writing(), check)?;
    }
    Ok(())
}

pub(super) async fn many(mut call: Call) -> Result<Answer, S3Error> {
    call.need_bucket()?;
    let payload = call.payload();
    if call.config.delete_objects_needs_checksum && !payload.has_checksum() {
        return Err(S3Error::new(Code::InvalidRequest, "Missing required header for this request: Content-MD5"));
    }
    let body = payload.collect(xml::MAX_BYTES).await?;
    let request = Element::parse(&body, "Delete")?;
    let keys: Vec<&str> = request
        .children
        .iter()
        .filter(|child| child.name == "Object")
        .map(|object| object.child("Key").ok_or_else(|| S3Error::from(Code::MalformedXML)))
        .collect::<Result<_, _>>()?;
    if keys.is_empty() || keys.len() > MAX_KEYS {
        return Err(Code::MalformedXML.into());
    }
    let quiet = request.child("Quiet").is_some_and(|text| text.trim() == "true");
    let mut document = XmlWriter::new("DeleteResult");
    for key in &keys {
        if let Some(code) = &call.orders.delete_errors {
            failure(&mut document, key, code, "Ordered by a fault");
            continue;
        }
        match remove(&call, key, &HeaderMap::new()) {
            Ok(()) if quiet => {}
            Ok(()) => {
                document.group("Deleted", |entry| {
                    entry.text("Key", key);
                });
            }
            Err(error) => failure(&mut document, key, error.code.name(), &error.message),
        }
    }
    Ok(Answer::xml(document).noting(format!("{} keys", keys.len())))
}

fn failure(document: &mut XmlWriter, key: &str, code: &str, message: &str) {
    document.group("Error", |entry| {
        entry.text("Key", key).text("Code", code).text("Message", message);
    });
}
