//! The defect `one-at-a-time`.

use shakedown_wire::WireError;

use super::{Defect, How};
use crate::variant::{Answer, Passing};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["I08"],
    breaks: &["PP5"],
    how: How::Around(|passing| Box::pin(act(passing))),
    ..Defect::new("one-at-a-time", "While one request is answered, others are a 500.")
};

async fn act(passing: Passing) -> Result<Answer, WireError> {
    let memory = passing.memory.clone();
    let answer = if memory.enter() > 0 { Ok(Answer::refusal(500, "UNKNOWN")) } else { passing.on().await };
    memory.leave();
    answer
}
