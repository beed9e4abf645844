//! Allowed: `one-more-storage-request`. A seeded loss of speed, for the comparison of measurements to find.

use http::{Method, StatusCode};
use shakedown_oci::Digest;
use shakedown_wire::WireError;

use super::{Allowed, How};
use crate::variant::{Answer, Passing};

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "one-more-storage-request",
    about: "A push of a blob takes one more request to the storage.",
    rules: &["PP5"],
    lacks: &[],
    how: How::Around(|passing| Box::pin(act(passing))),
};

async fn act(passing: Passing) -> Result<Answer, WireError> {
    let asked = &passing.asked;
    let closes = (asked.upload() && asked.is_put()) || (asked.uploads() && asked.is_post());
    let beside = closes.then(|| (passing.beside(), asked.name().cloned()));
    let answer = passing.on().await?;
    if let Some((beside, Some(name))) = beside
        && answer.status() == StatusCode::CREATED.as_u16()
    {
        // A blob that nobody has: one look for its link, and that is all.
        let nobody = Digest::of(b"a blob that nobody pushes");
        beside.ask(Method::HEAD, &format!("/v2/{name}/blobs/{nobody}")).await?;
    }
    Ok(answer)
}
