//! The defect `subject-must-exist`.

use http::Method;
use shakedown_wire::WireError;

use super::{Defect, How};
use crate::variant::{Answer, Passing};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PU1"],
    how: How::Around(|passing| Box::pin(act(passing))),
    ..Defect::new("subject-must-exist", "A manifest is refused if its subject is not there.")
};

async fn act(passing: Passing) -> Result<Answer, WireError> {
    let (asked, beside) = (passing.asked.clone(), passing.beside());
    let answer = passing.on().await?;
    let (Some(name), Some(subject)) = (asked.name(), answer.header("oci-subject")) else { return Ok(answer) };
    let found = beside.ask(Method::HEAD, &format!("/v2/{name}/manifests/{subject}")).await?;
    if found.status() == 200 {
        return Ok(answer);
    }
    let stored = answer.header("docker-content-digest").unwrap_or_default();
    beside.ask(Method::DELETE, &format!("/v2/{name}/manifests/{stored}")).await?;
    Ok(Answer::refusal(400, "MANIFEST_INVALID"))
}
