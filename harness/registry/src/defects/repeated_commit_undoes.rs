//! The defect `repeated-commit-undoes`.

use http::Method;
use shakedown_wire::WireError;

use super::{Defect, How};
use crate::variant::{Answer, Passing};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["D10"],
    how: How::Around(|passing| Box::pin(act(passing))),
    ..Defect::new("repeated-commit-undoes", "A closing PUT that comes again is taken for a failed upload, and what the first had stored is removed.")
};

async fn act(passing: Passing) -> Result<Answer, WireError> {
    let asked = passing.asked.clone();
    let digest = asked.query("digest").map(|digest| digest.replace("%3A", ":"));
    let (Some(digest), Some(name), true) = (digest, asked.name(), asked.is_put() && asked.upload()) else {
        return passing.on().await;
    };
    let (memory, beside) = (passing.memory.clone(), passing.beside());
    if memory.noted(asked.path()).is_some() {
        beside.ask(Method::DELETE, &format!("/v2/{name}/blobs/{digest}")).await?;
        return Ok(Answer::refusal(404, "BLOB_UPLOAD_UNKNOWN"));
    }
    let answer = passing.on().await?;
    if answer.status() == 201 {
        memory.note(asked.path(), "stored");
    }
    Ok(answer)
}
