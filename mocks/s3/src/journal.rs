//! What the journal says of a request: operation, bucket, key, class of the key. The exchanges themselves are the recorder's.

use http::{HeaderMap, Method};
use shakedown_faults::KeyClass;
use shakedown_wire::S3Note;

use crate::ops;
use crate::request::Target;

/// S3's name of the operation; the method where it is none.
pub(crate) fn operation(method: &Method, target: &Target, headers: &HeaderMap) -> String {
    ops::find(method, target, headers).map_or_else(|| method.to_string(), |operation| operation.name.to_owned())
}

/// The key, or the prefix of a listing.
pub(crate) fn key(target: &Target) -> &str {
    match target.key.as_str() {
        "" => target.query.get("prefix").unwrap_or_default(),
        key => key,
    }
}

/// The note of a request before it is answered.
pub(crate) fn note(method: &Method, target: &Target, headers: &HeaderMap) -> S3Note {
    let key = key(target);
    S3Note {
        operation: operation(method, target, headers),
        bucket: target.bucket.clone(),
        key: key.to_owned(),
        key_class: (!key.is_empty()).then(|| KeyClass::of(key).name().to_owned()),
        result: None,
    }
}
