//! The defect `unknown-repository-is-invalid`.

use http::Method;
use shakedown_wire::WireError;

use super::{Defect, How};
use crate::variant::{Answer, Passing};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["MP14"],
    how: How::Around(|passing| Box::pin(act(passing))),
    ..Defect::new("unknown-repository-is-invalid", "A pull from a repository that does not exist is answered 400.")
};

async fn act(passing: Passing) -> Result<Answer, WireError> {
    let (asked, beside) = (passing.asked.clone(), passing.beside());
    let answer = passing.on().await?;
    let Some(name) = asked.name().filter(|_| asked.manifest().is_some() && answer.status() == 404) else {
        return Ok(answer);
    };
    let listed = beside.ask(Method::GET, &format!("/v2/{name}/tags/list")).await?;
    Ok(if listed.status() == 404 { Answer::refusal(400, "NAME_INVALID") } else { answer })
}
