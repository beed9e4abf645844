//! Allowed: `digests-in-sha512`.

use http::Method;
use shakedown_oci::{Algorithm, Digest};
use shakedown_wire::WireError;

use super::{Allowed, How};
use crate::variant::{Answer, Passing};

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "digests-in-sha512",
    about: "Docker-Content-Digest of what is pulled is its SHA-512.",
    rules: &["PM11", "PB2", "EX2"],
    lacks: &[],
    how: How::Around(|passing| Box::pin(act(passing))),
};

async fn act(passing: Passing) -> Result<Answer, WireError> {
    let (asked, beside) = (passing.asked.clone(), passing.beside());
    let mut answer = passing.on().await?;
    let reads = asked.is_get() || asked.is_head();
    if answer.status() != 200 || !reads || asked.manifest().is_none() && asked.blob().is_none() {
        return Ok(answer);
    }
    let whole = beside.ask(Method::GET, asked.path()).await?;
    // What is too large to be held keeps its SHA-256.
    if let Some(bytes) = whole.bytes() {
        answer.set("docker-content-digest", Digest::with(Algorithm::Sha512, bytes));
    }
    Ok(answer)
}
