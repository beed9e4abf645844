//! The defect `reads-lag-behind-writes`.

use shakedown_wire::WireError;

use super::{Defect, How};
use crate::variant::{Answer, Passing};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PM10"],
    how: How::Around(|passing| Box::pin(act(passing))),
    ..Defect::new("reads-lag-behind-writes", "What was stored is unknown for 100 ms.")
};

async fn act(passing: Passing) -> Result<Answer, WireError> {
    let (asked, memory) = (passing.asked.clone(), passing.memory.clone());
    let reads = asked.manifest().is_some() && (asked.is_get() || asked.is_head());
    let is_young = memory.noted(asked.path()).is_some_and(|(at, _)| at.elapsed().as_millis() < 100);
    if reads && is_young {
        return Ok(Answer::refusal(404, "MANIFEST_UNKNOWN"));
    }
    let answer = passing.on().await?;
    if asked.is_put() && asked.manifest().is_some() && answer.status() == 201 {
        memory.note(asked.path(), "stored");
    }
    Ok(answer)
}
