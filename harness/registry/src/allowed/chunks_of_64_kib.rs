//! Allowed: `chunks-of-64-kib`.

use shakedown_wire::WireError;

use super::{Allowed, How};
use crate::variant::{Answer, Passing};

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "chunks-of-64-kib",
    about: "Chunks but the last must have 64 KiB, as OCI-Chunk-Min-Length says.",
    rules: &["CH3"],
    lacks: &[],
    how: How::Around(|passing| Box::pin(act(passing))),
};

const LEAST: u64 = 64 << 10;

async fn act(passing: Passing) -> Result<Answer, WireError> {
    let (asked, memory) = (passing.asked.clone(), passing.memory.clone());
    let short = asked.length.is_some_and(|length| length < LEAST);
    if asked.upload() && asked.is_patch() && memory.noted(asked.path()).is_some() {
        return Ok(Answer::refusal(400, "SIZE_INVALID"));
    }
    let mut answer = passing.on().await?;
    if asked.uploads() && answer.status() == 202 {
        answer.set("oci-chunk-min-length", LEAST);
    }
    if asked.upload() && asked.is_patch() && short && answer.status() == 202 {
        memory.note(asked.path(), "ended with a short chunk");
    }
    Ok(answer)
}
