//! Changes of heads. Names and values that HTTP does not allow change nothing; the checker of scenario files refuses them.

use http::{HeaderMap, HeaderName, HeaderValue};
use shakedown_faults::HeadEdit;
use shakedown_wire::{Request, Response};

/// Changes what the party sees of the request.
pub(crate) fn edit_request(request: &mut Request, edit: &HeadEdit) {
    match edit {
        HeadEdit::Method(method) => *request.method_mut() = method.clone(),
        HeadEdit::Status(_) => {}
        HeadEdit::Set { .. } | HeadEdit::Remove { .. } => edit_headers(request.headers_mut(), edit),
    }
}

/// Changes what the sender sees of the answer.
pub(crate) fn edit_response(response: &mut Response, edit: &HeadEdit) {
    match edit {
        HeadEdit::Status(status) => *response.status_mut() = *status,
        HeadEdit::Method(_) => {}
        HeadEdit::Set { .. } | HeadEdit::Remove { .. } => edit_headers(response.headers_mut(), edit),
    }
}

fn edit_headers(headers: &mut HeaderMap, edit: &HeadEdit) {
    match edit {
        HeadEdit::Set { name, value } => {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
                headers.insert(name, value);
            }
        }
        HeadEdit::Remove { name } => drop(headers.remove(name.as_str())),
        HeadEdit::Status(_) | HeadEdit::Method(_) => {}
    }
}
