//! The defect `parallel-manifests-lost`.

use http::Method;
use shakedown_wire::WireError;

use super::{Defect, How};
use crate::variant::{Answer, Passing};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["I08"],
    breaks: &["UG2"],
    how: How::Around(|passing| Box::pin(act(passing))),
    ..Defect::new("parallel-manifests-lost", "Of manifests that are pushed at one time only the first stays; all are acknowledged.")
};

async fn act(passing: Passing) -> Result<Answer, WireError> {
    if !(passing.asked.is_put() && passing.asked.manifest().is_some()) {
        return passing.on().await;
    }
    let (asked, memory, beside) = (passing.asked.clone(), passing.memory.clone(), passing.beside());
    let is_second = memory.enter() > 0;
    let answer = passing.on().await;
    memory.leave();
    let answer = answer?;
    if let (true, Some(name), Some(digest)) = (is_second, asked.name(), answer.header("docker-content-digest")) {
        beside.ask(Method::DELETE, &format!("/v2/{name}/manifests/{digest}")).await?;
    }
    Ok(answer)
}
