//! The defect `upstream-believed`.

use http::{Method, header};
use shakedown_oci::{Digest, RepositoryName};
use shakedown_wire::Response;

use super::Defect;
use crate::context::Context;
use crate::upstream::{Trouble, Upstream};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["H06"],
    ..Defect::new("upstream-believed", "What the upstream sends with a 200 is passed on as the blob, whatever it is.")
};

/// The answer, as it comes.
pub(crate) async fn pass_on(
    upstream: &Upstream,
    cx: &Context,
    name: &RepositoryName,
    digest: &Digest,
) -> Result<Response, Trouble> {
    let (head, body) = upstream.ask(cx, Method::GET, &format!("{name}/blobs/{digest}")).await?.into_parts();
    let mut response = Response::new(body);
    for name in [header::CONTENT_LENGTH, header::CONTENT_TYPE] {
        response.headers_mut().extend(head.headers.get(&name).cloned().map(|value| (name, value)));
    }
    if let Ok(value) = digest.to_string().parse() {
        response.headers_mut().insert("docker-content-digest", value);
    }
    Ok(response)
}
